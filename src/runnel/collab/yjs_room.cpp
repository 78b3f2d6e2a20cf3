#include "runnel/collab/yjs_room.h"

#include "runnel/collab/control_messages.h"
#include "runnel/collab/frozen_rooms.h"

#include <utility>

namespace runnel::collab {

using room::Connection;
using room::Done;

namespace {

RoomDocument::Options document_options(const CollabOptions& options, RandomSource& random) {
  return {.gc = options.gc,
          .document_bytes = options.document_bytes,
          .pending_bytes = options.pending_bytes,
          .hash_salt = random.next()};
}

AwarenessOptions awareness_options(const CollabOptions& options) {
  AwarenessOptions out;
  out.state_bytes = options.awareness_state_bytes;
  return out;
}

protocol::Dialect dialect_of(const Connection& connection) {
  switch (connection.info().dialect) {
    case static_cast<std::uint8_t>(protocol::Dialect::YWebsocket):
      return protocol::Dialect::YWebsocket;
    case static_cast<std::uint8_t>(protocol::Dialect::YPartyServer):
      return protocol::Dialect::YPartyServer;
    default:
      return protocol::Dialect::YPartyKit;
  }
}

}  // namespace

YjsRoom::YjsRoom(room::RoomContext& context, const CollabOptions& options, const CollabDeps& deps,
                 CollabMetrics& metrics)
    : context_(context),
      options_(options),
      deps_(deps),
      metrics_(metrics),
      document_(document_options(options, context.random())),
      awareness_(awareness_options(options)),
      out_(context, options, metrics, document_, awareness_),
      backend_(context, options, deps, *this),
      frozen_(deps.frozen != nullptr && deps.frozen->contains(context.id())) {}

YjsRoom::~YjsRoom() {
  if (was_integrated_) metrics_.integrated_rooms.add(-1);
}

void YjsRoom::on_start(Done started) {
  storage::RoomRecord record = context_.storage().take_record();
  const bool has_log = record.snapshot_seq > 0 || !record.tail.empty();
  snapshot_bytes_ = record.snapshot.size();
  for (const storage::LogEntry& entry : record.tail) log_bytes_ += entry.update.size();
  log_entries_ = record.tail.size();
  if (auto opened = document_.open(std::move(record.snapshot), record.tail); !opened) {
    started(std::unexpected(opened.error()));
    return;
  }
  backend_.start(has_log, std::move(started));
}

void YjsRoom::on_connect(Connection& connection) {
  const protocol::Dialect dialect = dialect_of(connection);
  auto codec = protocol::create_codec({.dialect = dialect,
                                       .control_messages = connection.info().control_messages,
                                       .limits = {.message_bytes = options_.message_bytes}});
  auto participant = std::make_unique<Participant>(std::move(codec));
  if (dialect != protocol::Dialect::YWebsocket || connection.info().control_messages) {
    participant->acks = std::make_unique<AckTracker>();
  }
  connection.set_state(std::move(participant));
  const bool has_key = dialect != protocol::Dialect::YWebsocket;
  awareness_.join(connection.id(), {.key = has_key ? connection.key() : std::string(),
                                    .user_id = connection.identity().user_id,
                                    .sends_heartbeat = dialect != protocol::Dialect::YPartyServer});

  // What this turn has already changed is logged before the newcomer hears of it.
  flush_updates();
  out_.send(connection, protocol::encode_sync_step1(document_.state_vector()));
  if (const auto states = awareness_.encode_all()) {
    out_.send(connection, protocol::encode_awareness(*states));
  }
  if (backend_.is_pending()) {
    out_.control(connection, service_status(false, "the document's stored content is not known"));
  } else if (!persist_failing_.empty()) {
    out_.control(connection, service_status(false, persist_failing_));
  }
  if (!may_write(connection)) tell_level(connection);
  backend_.occupied();
  schedule_upkeep();
}

void YjsRoom::on_close(Connection& connection) {
  const Participant& participant = Participant::of(connection);
  if (participant.strikes.total() > 0) {
    context_.log().info("a connection that sent what could not be taken is gone",
                        {{"room", context_.id().external_name()},
                         {"connection", connection.id().value()},
                         {"refused", participant.strikes.total()}});
  }
  act_on(nullptr,
         awareness_.leave(connection.id(), std::chrono::milliseconds(context_.time().steady_ms())));
  if (context_.connection_count() > 0) return;
  // A room that nobody is in has nobody to wait for.
  flush();
  backend_.deserted();
}

void YjsRoom::on_identity_changed(Connection& connection) {
  Participant::of(connection).told_read_only = false;
  tell_level(connection);
  // What it was not allowed to change so far it may offer now.
  if (may_write(connection)) ask_for_missing(connection);
}

bool YjsRoom::may_write(const Connection& connection) const {
  return !frozen_ && connection.identity().may_write();
}

AccessLevel YjsRoom::level_of(const Connection& connection) const {
  const AccessLevel level = connection.identity().access;
  return frozen_ && level == AccessLevel::Edit ? AccessLevel::View : level;
}

void YjsRoom::tell_level(Connection& connection) {
  out_.control(connection, access_level(level_of(connection), frozen_));
}

// The operator has frozen the room or lifted it: everybody is told, and what was typed meanwhile is
// asked for when it may come in.
void YjsRoom::look_at_freeze() {
  const bool frozen = deps_.frozen != nullptr && deps_.frozen->contains(context_.id());
  if (std::exchange(frozen_, frozen) == frozen) return;
  flush();
  context_.for_each_connection([this](Connection& connection) { on_identity_changed(connection); });
}

void YjsRoom::on_revoked(Connection& connection, std::string_view reason) {
  out_.control(connection, permission_revoked(reason));
  const bool stays_away = dialect_of(connection) == protocol::Dialect::YWebsocket;
  connection.close(stays_away ? room::close_code::kForbidden : room::close_code::kPolicy,
                   "AUTH_FORBIDDEN");
}

void YjsRoom::before_evict(room::EvictReason /*reason*/, Done done) {
  flush();
  if (options_.persist == PersistMode::Snapshot && log_entries_ > 0) compact();
  backend_.before_evict(std::move(done));
}

void YjsRoom::on_request(const room::RoomRequest& request, room::Respond respond) {
  if (!request.is_internal) {
    respond({.status = 426,
             .headers = {{"upgrade", "websocket"}},
             .body = to_bytes("this room speaks WebSocket")});
    return;
  }
  if (request.method == "GET") {
    flush_updates();
    const SharedBytes state = document_.full_state();
    respond(
        {.status = 200, .headers = {{"content-type", "application/octet-stream"}}, .body = *state});
    return;
  }
  if (request.method == "HEAD") {
    respond({.status = 200, .headers = {}, .body = {}});
    return;
  }
  if (request.method != "POST") {
    respond({.status = 405, .headers = {}, .body = {}});
    return;
  }
  if (request.uri == "runnel:freeze") {
    look_at_freeze();
    respond({.status = 204, .headers = {}, .body = {}});
    return;
  }
  if (request.uri == "runnel:compact") {
    flush();
    if (log_entries_ > 0 && !compacting_) compact();
    respond({.status = 204, .headers = {}, .body = {}});
    return;
  }
  // An import or a restore: an update of the operator's, as if somebody had typed it.
  const auto applied = apply(std::nullopt, request.identity.user_id, request.body);
  if (!applied) {
    respond({.status = 400, .headers = {}, .body = to_bytes(to_string(applied.error()))});
    return;
  }
  if (*applied) backend_.changed();
  flush();
  respond({.status = 204, .headers = {}, .body = {}});
}

void YjsRoom::describe(std::vector<room::StatField>& fields) const {
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  fields.emplace_back("document_bytes", number(document_.size_estimate()));
  fields.emplace_back("pending_bytes", number(document_.pending_bytes()));
  fields.emplace_back("integrated", document_.is_integrated() ? 1 : 0);
  fields.emplace_back("log_bytes", number(log_bytes_));
  fields.emplace_back("log_entries", number(log_entries_));
  fields.emplace_back("snapshot_bytes", number(snapshot_bytes_));
  fields.emplace_back("awareness_states", number(awareness_.live_count()));
  fields.emplace_back("malformed", number(malformed_));
  fields.emplace_back("frozen", frozen_ ? 1 : 0);
  fields.emplace_back("persist", number(std::to_underlying(options_.persist)));
  fields.emplace_back("updates_per_1000_s",
                      number(updates_.per_1000_seconds(context_.time().steady_ms())));
  fields.emplace_back("pending", backend_.is_pending() ? 1 : 0);
  fields.emplace_back("backend_known", backend_.is_resolved() ? 1 : 0);
  fields.emplace_back("backend_seq", number(backend_.saved_seq()));
  const std::int64_t since_ms = backend_.unsaved_since_ms();
  fields.emplace_back("backend_behind_ms",
                      since_ms == 0 ? 0 : context_.time().wall_ms() - since_ms);
}

// --- The backend's side

bool YjsRoom::merge_from_backend(ByteView update) {
  const auto applied = apply(std::nullopt, {}, update);
  if (!applied) {
    context_.log().error(
        "what the backend has could not be merged into a room",
        {{"room", context_.id().external_name()}, {"error", to_string(applied.error())}});
    return false;
  }
  flush();
  return true;
}

void YjsRoom::pending_changed(bool pending, std::string_view reason) {
  out_.control_all(service_status(!pending, reason));
  if (pending) return;
  flush_updates();
  context_.for_each_connection([this](Connection& connection) {
    Participant& participant = Participant::of(connection);
    if (const auto waiting = std::move(participant.waiting_state_vector)) {
      answer_step1(connection, *waiting);
    }
  });
}

std::optional<backend::SnapshotToSave> YjsRoom::snapshot_to_save() {
  flush_updates();
  if (document_.is_empty()) return std::nullopt;
  return backend::SnapshotToSave{.update = *document_.full_state(),
                                 .state_vector = document_.state_vector(),
                                 .seq = context_.storage().last_seq()};
}

void YjsRoom::save_reported(const backend::SaveReport& report) {
  switch (report.outcome) {
    case backend::SaveOutcome::Saved:
    case backend::SaveOutcome::Unchanged:
      if (!std::exchange(persist_failing_, {}).empty()) out_.control_all(service_status(true));
      // Only a snapshot that the backend has taken has a version.
      if (report.outcome == backend::SaveOutcome::Saved) {
        out_.control_all(sync_complete(report.snapshot_version));
      }
      context_.for_each_connection([&](Connection& each) {
        Participant& participant = Participant::of(each);
        if (participant.acks) participant.acks->backend(report.seq);
      });
      schedule_acks();
      return;
    case backend::SaveOutcome::Failing:
      persist_failing_ = "the application's backend does not save";
      out_.control_all(error_message("PERSIST_FAILED", persist_failing_));
      return;
    case backend::SaveOutcome::TooLarge:
      persist_failing_ = "too large for the application's backend";
      out_.control_all(error_message("PERSIST_FAILED", persist_failing_));
      return;
    case backend::SaveOutcome::Conflict:
      return;
  }
}

}  // namespace runnel::collab
