#include "runnel/server/loop_parts.h"

#include "runnel/auth/hmac_token.h"
#include "runnel/collab/yjs_rooms.h"
#include "runnel/presence/presence_room.h"
#include "runnel/server/door_policy.h"
#include "runnel/server/room_door.h"
#include "runnel/server/setting_checks.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace runnel::server {

namespace {

// What the gate says of open connections goes to their rooms.
class GateToRooms final : public auth::AccessListener {
 public:
  explicit GateToRooms(room::RoomDirectory& directory) : directory_(directory) {}

  void identity_changed(ConnectionId connection, const Identity& identity) override {
    directory_.set_identity(connection, identity);
  }

  void revoked(ConnectionId connection, std::string_view reason) override {
    directory_.revoke(connection, reason);
  }

 private:
  room::RoomDirectory& directory_;
};

// Where nobody can verify a token, no token is good.
class NobodyVerifier final : public auth::AccessVerifier {
 public:
  void verify(const auth::AccessRequest& request, VerdictDone done) override {
    done(auth::Deny{request.token.empty() ? auth::DenyReason::MissingToken
                                          : auth::DenyReason::InvalidToken});
  }
};

collab::PersistMode mode_of(PersistMode mode) {
  switch (mode) {
    case PersistMode::Snapshot:
      return collab::PersistMode::Snapshot;
    case PersistMode::History:
      return collab::PersistMode::History;
    case PersistMode::None:
      return collab::PersistMode::None;
  }
  return collab::PersistMode::Snapshot;
}

collab::CollabOptions collab_options(const Config& config) {
  collab::CollabOptions options;
  options.persist = mode_of(config.rooms.persist);
  options.gc = config.rooms.gc;
  options.history_bytes = config.rooms.max_bytes;
  options.history_updates = config.rooms.max_updates;
  options.message_bytes = config.limits.message_bytes;
  options.document_bytes = config.limits.document_bytes;
  options.pending_bytes = config.limits.pending_bytes;
  options.awareness_state_bytes = config.limits.awareness_bytes;
  options.output_bytes = config.limits.output_queue_bytes;
  options.save_interval = config.save.interval;
  options.save_disconnect_debounce = config.save.disconnect_debounce;
  options.save_debounce = config.save.debounce;
  options.save_max_wait = config.save.max_wait;
  return options;
}

backend::HttpBackendOptions http_options(const BackendConfig& config) {
  backend::HttpBackendOptions options;
  options.url = config.url;
  while (options.url.ends_with('/')) options.url.pop_back();
  options.secret = config.secret;
  options.verify_path = config.verify_path;
  options.snapshot_path = config.snapshot_path;
  options.check_access_path = config.check_access_path;
  options.timeout = config.timeout;
  options.snapshot_timeout = config.snapshot_timeout;
  options.legacy_body = config.legacy_body;
  return options;
}

std::string refusal_code(const auth::Verdict& verdict) {
  if (const auto* const deny = std::get_if<auth::Deny>(&verdict)) {
    return std::string(auth::deny_code(deny->reason));
  }
  return "SERVICE_UNAVAILABLE";
}

}  // namespace

LoopParts::LoopParts(Shard& shard, std::size_t shards, const LoopPartsDeps& deps)
    : shard_(shard), shards_(shards), deps_(deps) {
  shard_.store = deps_.store.attach(shard_.loop);
  shard_.time = &deps_.time;
  shard_.random = &random_;
  shard_.frozen = std::make_unique<collab::FrozenRooms>(*shard_.store);
  build_backend();
  build_verifier();
  build_rooms();
  build_door();
}

LoopParts::~LoopParts() {
  shard_.door.reset();
  shard_.gate.reset();
  shard_.access_listener.reset();
  shard_.directory.reset();
  shard_.outbox = nullptr;
  outbox_.reset();
  save_notes_.reset();
  shard_.frozen.reset();
  shard_.store.reset();
}

void LoopParts::build_backend() {
  const Config& config = deps_.config;
  if (config.backend.kind == BackendKind::Http && deps_.client != nullptr) {
    http_backend_ = std::make_unique<backend::HttpBackend>(
        backend::HttpBackendDeps{*deps_.client, shard_.loop, random_, deps_.log},
        http_options(config.backend));
  }
  if (deps_.embedded != nullptr) {
    embedded_backend_ = std::make_unique<backend::EmbeddedBackend>(backend::EmbeddedBackendDeps{
        deps_.embedded->service(), deps_.embedded->worker(), shard_.loop, deps_.log});
  }
  backend::SnapshotBackend* snapshots = http_backend_.get();
  if (embedded_backend_) snapshots = embedded_backend_.get();
  backend::OutboxOptions outbox_options;
  // Rooms in memory save themselves every interval; the outbox only steps in for those that cannot.
  outbox_options.noted_save_after =
      std::max(outbox_options.noted_save_after, config.save.interval + config.save.interval / 2);
  outbox_ = std::make_unique<backend::Outbox>(
      backend::OutboxDeps{shard_.loop, deps_.time, random_, deps_.log, *shard_.store, snapshots},
      outbox_options);
  shard_.outbox = outbox_.get();
  if (deps_.notes_saves) {
    save_notes_ = std::make_unique<backend::SaveNotes>(*shard_.store, deps_.time);
  }
}

void LoopParts::build_verifier() {
  const AuthConfig& config = deps_.config.auth;
  switch (config.mode) {
    case AuthMode::Backend:
      if (!http_backend_ && !embedded_backend_) {
        token_verifier_ = std::make_unique<NobodyVerifier>();
      }
      break;
    case AuthMode::Hmac:
      token_verifier_ = std::make_unique<auth::HmacVerifier>(
          config.secret.empty() ? deps_.config.backend.secret : config.secret, deps_.time);
      break;
    case AuthMode::Jwt: {
      if (config.jwks.empty()) {
        keys_ = std::make_unique<auth::KeySource>(deps_.fixed_keys, deps_.time, deps_.log);
      } else {
        keys_ = std::make_unique<auth::KeySource>(
            is_url(config.jwks) ? auth::fetch_key_url(config.jwks, *deps_.client, shard_.loop)
                                : auth::fetch_key_file(config.jwks),
            auth::KeySource::Options{}, deps_.time, deps_.log);
      }
      auth::JwtOptions options;
      options.issuer = config.issuer;
      options.audience = config.audience;
      options.room_claim = config.room_claim;
      options.clock_skew = config.clock_skew;
      token_verifier_ = std::make_unique<auth::JwtVerifier>(*keys_, std::move(options), deps_.time);
      break;
    }
    case AuthMode::None:
      token_verifier_ = std::make_unique<auth::OpenVerifier>();
      break;
  }
  if (token_verifier_) {
    verifier_ = token_verifier_.get();
  } else if (embedded_backend_) {
    verifier_ = embedded_backend_.get();
  } else {
    verifier_ = http_backend_.get();
  }
  if (deps_.dev && config.mode != AuthMode::None) {
    dev_verifier_ = std::make_unique<auth::DevVerifier>(*verifier_, embedded_backend_.get());
    verifier_ = dev_verifier_.get();
  }
}

void LoopParts::build_rooms() {
  const Config& config = deps_.config;
  room::RoomOptions options;
  options.linger = config.rooms.linger;
  options.gate_appends = config.storage.durability != DurabilityChoice::Fast;
  options.connections_per_room = config.limits.connections_per_room;
  shard_.directory = std::make_unique<room::RoomDirectory>(
      room::RoomDirectoryDeps{shard_.loop, deps_.time, random_, deps_.log, *shard_.store}, options);

  collab::CollabDeps deps;
  deps.source = outbox_->has_backend() ? outbox_.get() : nullptr;
  deps.saver = save_notes_.get();
  if (outbox_->has_backend()) deps.saver = outbox_.get();
  deps.offenders = &offenders_;
  deps.frozen = shard_.frozen.get();
  deps.metrics = &deps_.collab_metrics;
  // Tells an empty code, or why the token is no good.
  const auto refresh = [this](ConnectionId connection, std::string token,
                              std::function<void(std::string code)> done) {
    shard_.gate->refresh(connection, auth::Secret(std::move(token)),
                         [done = std::move(done)](const auth::Verdict& verdict) {
                           done(std::holds_alternative<auth::Allow>(verdict)
                                    ? std::string()
                                    : refusal_code(verdict));
                         });
  };
  deps.token_refresh = refresh;
  shard_.directory->add_party(std::string(kMainParty),
                              collab::yjs_rooms(collab_options(config), std::move(deps)));
  presence::PresenceOptions presence;
  presence.token_refresh = refresh;
  shard_.directory->add_party(std::string(kPresenceParty),
                              presence::presence_rooms(std::move(presence)));
}

auth::AccessChecker* LoopParts::checker() const {
  switch (deps_.config.auth.mode) {
    case AuthMode::Backend:
      if (embedded_backend_) return embedded_backend_.get();
      return http_backend_.get();
    case AuthMode::Hmac:
    case AuthMode::Jwt:
      // Signed tokens name the application's users, of whom the embedded backend knows nothing.
      return http_backend_.get();
    case AuthMode::None:
      return nullptr;
  }
  return nullptr;
}

void LoopParts::build_door() {
  const Config& config = deps_.config;
  shard_.access_listener = std::make_unique<GateToRooms>(*shard_.directory);
  auth::AccessOptions options;
  options.resume_grace = config.auth.resume_grace;
  options.recheck_interval = config.auth.recheck_interval;
  options.fail_open = config.auth.fail_open;
  auto access = std::make_unique<auth::AccessService>(
      auth::AccessDeps{shard_.loop, deps_.time, random_, deps_.log, *shard_.store, *verifier_,
                       checker(), *shard_.access_listener, deps_.access_counters},
      options);
  access_ = access.get();
  shard_.gate = std::make_unique<DoorPolicy>(std::move(access), offenders_, deps_.time);

  RoomDoorOptions door;
  door.websocket.message_bytes_max = config.limits.message_bytes;
  door.websocket.send_congested_bytes = config.limits.output_queue_bytes;
  door.refuse_in_frame = config.auth.reject == RejectMode::Frame;
  shard_.door = std::make_unique<RoomDoor>(shard_, deps_.time, random_, deps_.log, door);
}

void LoopParts::start(std::function<void()> started) {
  const auto is_mine = [index = shard_.index, shards = shards_](const RoomId& room) {
    return room::shard_of(room, shards) == index;
  };
  access_->start(is_mine, [this, is_mine, started = std::move(started)] {
    outbox_->start(is_mine, [this, is_mine, started] {
      shard_.frozen->start(is_mine, [this, is_mine, started](const Result<void>& read) {
        if (!read) {
          deps_.log.error("which rooms are frozen could not be read; none is",
                          {{"error", to_string(read.error())}});
        }
        shard_.directory->start_alarms(is_mine);
        started();
      });
    });
  });
}

void LoopParts::drain_slowly(Duration over, Duration flush_deadline, Task done) {
  shard_.door->drain(over, [this, flush_deadline, done = std::move(done)]() mutable {
    drain(flush_deadline, std::move(done));
  });
}

void LoopParts::undrain() {
  shard_.door->undrain();
  shard_.directory->undrain();
}

void LoopParts::drain(Duration flush_deadline, Task done) {
  shard_.directory->drain([this, flush_deadline, done = std::move(done)]() mutable {
    outbox_->flush(flush_deadline, std::move(done));
  });
}

}  // namespace runnel::server
