// YjsRoom, what clients say.
#include "runnel/collab/control_messages.h"
#include "runnel/collab/offenders.h"
#include "runnel/collab/yjs_room.h"

#include <algorithm>
#include <utility>

namespace runnel::collab {

using room::Connection;

namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

// How soon awareness that came too fast is looked at again.
constexpr Duration kLateAwareness{100};

constexpr std::int64_t kAskAgainMs = 10'000;

}  // namespace

void YjsRoom::on_message(Connection& connection, PayloadKind kind, ByteView payload) {
  Participant& participant = Participant::of(connection);
  const protocol::Dialect before = participant.codec->dialect();
  const auto message = participant.codec->decode(kind, payload);
  if (participant.codec->dialect() != before) {
    awareness_.set_heartbeat(connection.id(),
                             participant.codec->dialect() != protocol::Dialect::YPartyServer);
  }
  if (!message) {
    strike(connection, message.error());
    if (kind == PayloadKind::Text) ask_again(connection);
    return;
  }
  std::visit(Overloaded{
                 [&](const protocol::SyncStep1& m) { handle(connection, m); },
                 [&](const protocol::SyncStep2& m) { handle_update(connection, m.update, true); },
                 [&](const protocol::SyncUpdate& m) { handle_update(connection, m.update, false); },
                 [&](const protocol::AwarenessMessage& m) { handle(connection, m); },
                 [&](const protocol::ControlMessage& m) { handle(connection, m); },
                 [&](const protocol::CustomMessage& m) {
                   if (deps_.custom_hook) deps_.custom_hook(context_.id(), connection, m.text);
                 },
                 [&](const protocol::UnknownText& m) {
                   if (deps_.text_hook) deps_.text_hook(context_.id(), connection, m.text);
                 },
                 [](const protocol::QueryAwareness&) {},
                 [](const protocol::UnknownBinary&) {},
                 [](const protocol::Incomplete&) {},
             },
             *message);
}

// --- Sync

void YjsRoom::handle(Connection& connection, const protocol::SyncStep1& message) {
  if (backend_.is_pending()) {
    // To answer now would be to say: this is the document. Nobody knows that.
    Participant::of(connection).waiting_state_vector =
        std::make_unique<Bytes>(to_bytes(message.state_vector));
    return;
  }
  // What the answer holds of this turn has to be in the log first.
  flush_updates();
  answer_step1(connection, message.state_vector);
}

void YjsRoom::answer_step1(Connection& connection, ByteView state_vector) {
  if (connection.buffered_bytes() > options_.output_bytes) {
    out_.answer_late(connection, to_bytes(state_vector));
    schedule_slow_check();
    return;
  }
  const auto answer = document_.answer(state_vector);
  if (!answer) {
    strike(connection, answer.error());
    return;
  }
  out_.send(connection, protocol::encode_sync_step2(**answer));
}

void YjsRoom::handle_update(Connection& connection, ByteView update, bool is_step2) {
  if (!may_write(connection)) {
    refuse_edit(connection, update, is_step2);
    return;
  }
  const auto applied = apply(connection.id(), connection.identity().user_id, update);
  if (!applied) {
    if (applied.error().code == Errc::LimitExceeded) {
      out_.control(connection, error_message("DOCUMENT_TOO_LARGE", applied.error().detail));
    }
    strike(connection, applied.error());
    return;
  }
  if (*applied) {
    metrics_.updates_in.add();
    updates_.add(changed_ms_);
    backend_.changed();
  }
  if (!Participant::of(connection).acks) return;
  to_ack_.push_back(connection.id());
  schedule_flush();
}

void YjsRoom::refuse_edit(Connection& connection, ByteView update, bool is_step2) {
  // In its handshake a client offers what the room lacks; without structs that is no edit.
  const bool is_edit = !is_step2 || (!update.empty() && update[0] != 0);
  if (!is_edit) return;
  metrics_.read_only_refused.add();
  if (std::exchange(Participant::of(connection).told_read_only, true)) return;
  const bool is_viewer = !connection.identity().may_write();
  out_.control(connection,
               error_message("READ_ONLY", is_viewer ? "your access to this room is read-only"
                                                    : "the room is frozen by the operator"));
}

void YjsRoom::strike(Connection& connection, const Error& error) {
  Participant& participant = Participant::of(connection);
  metrics_.malformed.add();
  ++malformed_;
  if (!std::exchange(participant.logged_strike, true)) {
    context_.log().warning("a message was refused; more of this connection are only counted",
                           {{"room", context_.id().external_name()},
                            {"connection", connection.id().value()},
                            {"error", to_string(error)}});
  }
  const std::int64_t now_ms = context_.time().steady_ms();
  if (participant.strikes.add(now_ms, options_.malformed_per_minute)) {
    if (deps_.offenders != nullptr) {
      deps_.offenders->add(connection.info().key, now_ms);
    }
    connection.close(room::close_code::kPolicy, "TOO_MANY_ERRORS");
    return;
  }
}

// A broken chunked message has lost a change that its sender believes to be here: it is asked for
// what the room lacks. Not often: what is broken for good would come again and again.
void YjsRoom::ask_again(Connection& connection) {
  Participant& participant = Participant::of(connection);
  const std::int64_t now_ms = context_.time().steady_ms();
  const bool lately =
      participant.resync_asked_ms != 0 && now_ms - participant.resync_asked_ms < kAskAgainMs;
  if (lately || connection.is_closing()) return;
  participant.resync_asked_ms = now_ms;
  ask_for_missing(connection);
}

void YjsRoom::ask_for_missing(Connection& connection) {
  // A client that does not read must not be able to fill the memory with answers.
  if (connection.buffered_bytes() > options_.output_bytes) return;
  flush_updates();
  out_.send(connection, protocol::encode_sync_step1(document_.state_vector()));
}

// --- Awareness

bool YjsRoom::may_speak(Participant& participant) {
  const std::int64_t now_ms = context_.time().steady_ms();
  const double rate = options_.awareness_per_second;
  const auto elapsed_ms = static_cast<double>(now_ms - participant.awareness_refilled_ms);
  participant.awareness_tokens =
      std::min(2 * rate, participant.awareness_tokens + elapsed_ms * rate / 1000);
  participant.awareness_refilled_ms = now_ms;
  if (participant.awareness_tokens < 1) return false;
  participant.awareness_tokens -= 1;
  return true;
}

void YjsRoom::handle(Connection& connection, const protocol::AwarenessMessage& message) {
  metrics_.awareness_in.add();
  Participant& participant = Participant::of(connection);
  if (participant.awareness_refilled_ms == 0 && participant.awareness_tokens == 0) {
    participant.awareness_tokens = 2 * options_.awareness_per_second;
    participant.awareness_refilled_ms = context_.time().steady_ms();
  }
  if (may_speak(participant)) {
    participant.late_awareness.reset();
    receive_awareness(connection, message.update);
    return;
  }
  participant.late_awareness = std::make_unique<Bytes>(to_bytes(message.update));
  if (std::exchange(late_awareness_runs_, true)) return;
  context_.after(kLateAwareness, [this] { take_late_awareness(); });
}

void YjsRoom::take_late_awareness() {
  late_awareness_runs_ = false;
  bool more = false;
  context_.for_each_connection([&](Connection& connection) {
    Participant& participant = Participant::of(connection);
    if (!participant.late_awareness) return;
    if (!may_speak(participant)) {
      more = true;
      return;
    }
    const auto entries = std::move(participant.late_awareness);
    receive_awareness(connection, *entries);
  });
  if (!more) return;
  late_awareness_runs_ = true;
  context_.after(kLateAwareness, [this] { take_late_awareness(); });
}

void YjsRoom::receive_awareness(Connection& connection, ByteView entries) {
  const auto effects = awareness_.receive(connection.id(), entries,
                                          std::chrono::milliseconds(context_.time().steady_ms()));
  if (!effects) {
    strike(connection, effects.error());
    return;
  }
  act_on(&connection, *effects);
}

void YjsRoom::act_on(Connection* sender, const AwarenessEffects& effects) {
  if (sender != nullptr && !effects.null_to_sender.empty()) {
    out_.send(*sender, protocol::encode_awareness(awareness_.encode(effects.null_to_sender)));
  }
  for (const ConnectionId id : effects.probe) {
    if (Connection* owner = context_.connection(id)) owner->probe();
  }
  if (effects.changed.empty()) return;
  expect_renewal();
  const std::optional<ConnectionId> from =
      sender != nullptr && !effects.tell_sender ? std::optional(sender->id()) : std::nullopt;
  if (!from || (!awareness_dirty_.empty() && awareness_sender_ != from)) awareness_for_all_ = true;
  awareness_sender_ = from;
  for (const ycpp::ClientId client : effects.changed) {
    if (std::ranges::find(awareness_dirty_, client) == awareness_dirty_.end()) {
      awareness_dirty_.push_back(client);
    }
  }
  schedule_flush();
}

// --- Control

void YjsRoom::handle(Connection& connection, const protocol::ControlMessage& message) {
  if (message.type == "sync_request") {
    ask_for_missing(connection);
    return;
  }
  // token_refresh, and auth, which says the same.
  auto token = token_of(message.json);
  if (!token || !deps_.token_refresh) {
    out_.control(connection, error_message("AUTH_INVALID"));
    return;
  }
  deps_.token_refresh(
      connection.id(), std::move(*token),
      context_.guard<std::string>([this, id = connection.id()](const std::string& code) {
        Connection* still_there = context_.connection(id);
        if (still_there == nullptr) return;
        out_.control(*still_there, code.empty()
                                       ? auth_ok(still_there->identity(), level_of(*still_there))
                                       : error_message(code));
      }));
}

}  // namespace runnel::collab
