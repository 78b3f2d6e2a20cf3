// LoopParts: what one event loop needs besides its rooms: who decides about access, where saves go,
// who is known to misbehave. Built and taken down on the loop, together with its Shard.
#pragma once

#include "runnel/auth/access_service.h"
#include "runnel/auth/key_source.h"
#include "runnel/auth/open_verifier.h"
#include "runnel/backend/embedded_backend.h"
#include "runnel/backend/http_backend.h"
#include "runnel/backend/outbox.h"
#include "runnel/backend/save_notes.h"
#include "runnel/collab/collab_options.h"
#include "runnel/collab/offenders.h"
#include "runnel/net/http_client.h"
#include "runnel/server/config.h"
#include "runnel/server/embedded_host.h"
#include "runnel/server/shard.h"
#include "runnel/storage/sqlite_store.h"

#include "base/log.h"
#include "base/random_source.h"
#include "base/result.h"
#include "base/time_source.h"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace runnel::server {

inline constexpr std::string_view kPresenceParty = "presence";

// What all loops share; outlives them.
struct LoopPartsDeps {
  const Config& config;
  bool dev{false};
  const TimeSource& time;
  Log& log;
  storage::SqliteStore& store;
  net::HttpClient* client{nullptr};  // null when nothing is called over HTTP
  EmbeddedHost* embedded{nullptr};   // null unless backend.kind = "embedded"
  bool notes_saves{false};           // without a backend: saves are left to the next server
  collab::CollabMetrics& collab_metrics;
  auth::AccessCounters& access_counters;
  const std::vector<auth::JwtKey>& fixed_keys;  // of auth.mode = "jwt"
};

class LoopParts {
 public:
  // Fills `shard`.
  LoopParts(Shard& shard, std::size_t shards, const LoopPartsDeps& deps);
  LoopParts(const LoopParts&) = delete;
  LoopParts& operator=(const LoopParts&) = delete;
  LoopParts(LoopParts&&) = delete;
  LoopParts& operator=(LoopParts&&) = delete;

  // Empties `shard` again, in the right order.
  ~LoopParts();

  // Reads stored verdicts and saves, then has alarms fire; `started` runs on the loop after that.
  void start(std::function<void()> started);

  // Closes the rooms' connections, saves and evicts the rooms, then tries all saves once.
  void drain(Duration flush_deadline, Task done);

  // The same for a server that goes on running: nobody is let in, and connections are sent away
  // over some time before.
  void drain_slowly(Duration over, Duration flush_deadline, Task done);

  // Takes drain_slowly() back; its `done` may still run when it was in its last step.
  void undrain();

 private:
  void build_backend();
  void build_verifier();
  void build_rooms();
  void build_door();
  // Who is asked whether a connected user still may be; null: nobody.
  [[nodiscard]] auth::AccessChecker* checker() const;

  Shard& shard_;
  std::size_t shards_;
  LoopPartsDeps deps_;
  SystemRandom random_;
  collab::Offenders offenders_;
  std::unique_ptr<backend::HttpBackend> http_backend_;
  std::unique_ptr<backend::EmbeddedBackend> embedded_backend_;
  std::unique_ptr<auth::KeySource> keys_;
  std::unique_ptr<auth::AccessVerifier> token_verifier_;  // null where the backend itself decides
  std::unique_ptr<auth::AccessVerifier> dev_verifier_;
  auth::AccessVerifier* verifier_{nullptr};
  std::unique_ptr<backend::Outbox> outbox_;
  std::unique_ptr<backend::SaveNotes> save_notes_;
  auth::AccessService* access_{nullptr};  // inside shard_.gate
};

}  // namespace runnel::server
