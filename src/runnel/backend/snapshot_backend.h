// SnapshotBackend: where the application keeps its documents. One per event loop; implemented over
// HTTP (http_backend.h), by the embedded backend and by tests. It remembers nothing and retries
// nothing; that is the outbox's (outbox.h), through which rooms use it (room_snapshots.h).
//
// A load has three outcomes and unknown is never empty: only a 404 or 204 is "empty".
#pragma once

#include "runnel/backend/room_snapshots.h"

#include "base/bytes.h"
#include "base/executor.h"
#include "base/ids.h"

#include <cstdint>
#include <functional>
#include <string>

namespace runnel::backend {

struct LoadReply {
  LoadOutcome outcome{LoadOutcome::Unknown};
  Bytes body;               // with Content: as stored by the backend, V1 or V2, not looked into yet
  std::string etag;         // as the backend sent it, quotes included; empty when it sent none
  std::string reason;       // with Unknown, for the log and `service_status`; no secrets
  Duration retry_after{0};  // what the backend asked for; 0: nothing
};

struct SaveCall {
  SharedBytes update;  // full state as update V1
  Bytes state_vector;  // of that state
  std::uint64_t version{0};
  std::string if_match;  // ETag that the last answer carried; empty: unconditional
  bool if_none{false};   // the backend had nothing (404, 204): store only if that is still so
  bool force{false};     // a restore: replace even what this does not cover
};

enum class SaveStatus : std::uint8_t {
  Stored,       // 2xx
  Stale,        // 409, 412: the backend has something that this does not cover
  TooLarge,     // 413, or over the backend's bound: kept here, not asked again until it shrinks
  Denied,       // 401, 403, 400: wrong secret or room; needs a person
  NotKept,      // the backend has no place for this room: its own log is all there is
  Unavailable,  // everything else: again later
};

struct SaveReply {
  SaveStatus status{SaveStatus::Unavailable};
  std::string etag;         // with Stored, if the backend sent one
  std::string reason;       // of a failure, for the log; no secrets
  Duration retry_after{0};  // what the backend asked for; 0: nothing
};

class SnapshotBackend {
 public:
  using LoadDone = std::move_only_function<void(LoadReply)>;
  using SaveDone = std::move_only_function<void(SaveReply)>;

  SnapshotBackend() = default;
  SnapshotBackend(const SnapshotBackend&) = delete;
  SnapshotBackend& operator=(const SnapshotBackend&) = delete;
  SnapshotBackend(SnapshotBackend&&) = delete;
  SnapshotBackend& operator=(SnapshotBackend&&) = delete;
  virtual ~SnapshotBackend() = default;

  // Empty when it can be used; otherwise what is missing, such as "backend.url is not set". Saves
  // then wait in the outbox.
  [[nodiscard]] virtual std::string missing_setting() const { return {}; }

  // `done` runs exactly once on this loop, possibly before this returns.
  virtual void load(const RoomId& room, LoadDone done) = 0;
  virtual void save(const RoomId& room, SaveCall call, SaveDone done) = 0;
};

}  // namespace runnel::backend
