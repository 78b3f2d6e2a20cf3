// SnapshotBackend: where the application keeps its documents. One per event loop; implemented over
// HTTP (http_backend.h), by the embedded backend and by tests. It remembers nothing and retries
// nothing; that is the outbox's (outbox.h), through which rooms use it.
//
// A load has three outcomes and unknown is never empty: only a 404 or 204 is "empty".
#pragma once

#include "base/bytes.h"
#include "base/executor.h"
#include "base/ids.h"

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

namespace runnel::backend {

// Validated: it decodes, and to something.
struct LoadedContent {
  Bytes update;      // full state as update V1, whatever the backend had stored
  std::string etag;  // as the backend sent it, quotes included; empty when it sent none
};

struct LoadedEmpty {};

struct LoadUnknown {
  std::string reason;      // for the log and `service_status`; no secrets
  bool is_damaged{false};  // the backend answered, but with bytes that are no document
};

using LoadOutcome = std::variant<LoadedContent, LoadedEmpty, LoadUnknown>;

struct SnapshotToSave {
  SharedBytes update;  // full state as update V1
  Bytes state_vector;  // of that state
  std::uint64_t version{0};
  std::string if_match;  // ETag that the last answer carried; empty: unconditional
  bool force{false};     // a restore: replace even what this does not cover
};

enum class SaveOutcome : std::uint8_t {
  Stored,       // 2xx
  Stale,        // 409, 412: the backend has something that this does not cover
  TooLarge,     // 413, or over the backend's bound: kept here, not asked again until it shrinks
  Denied,       // 401, 403, 400: wrong secret or room; needs a person
  Unavailable,  // everything else: again later
};

struct SaveReply {
  SaveOutcome outcome{SaveOutcome::Unavailable};
  std::string etag;         // with Stored, if the backend sent one
  std::string reason;       // of a failure, for the log; no secrets
  Duration retry_after{0};  // what the backend asked for; 0: nothing
};

class SnapshotBackend {
 public:
  using LoadDone = std::move_only_function<void(LoadOutcome)>;
  using SaveDone = std::move_only_function<void(SaveReply)>;

  SnapshotBackend() = default;
  SnapshotBackend(const SnapshotBackend&) = delete;
  SnapshotBackend& operator=(const SnapshotBackend&) = delete;
  SnapshotBackend(SnapshotBackend&&) = delete;
  SnapshotBackend& operator=(SnapshotBackend&&) = delete;
  virtual ~SnapshotBackend() = default;

  // `done` runs exactly once on this loop, possibly before this returns.
  virtual void load(const RoomId& room, LoadDone done) = 0;
  virtual void save(const RoomId& room, SnapshotToSave snapshot, SaveDone done) = 0;
};

}  // namespace runnel::backend
