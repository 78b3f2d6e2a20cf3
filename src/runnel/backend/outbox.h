// Outbox: what stands between rooms and the backend. Rooms load through it and leave their saves in
// it; it delivers them, coalesced per room, in order, over outages and restarts. One per event
// loop, for the rooms of that loop.
//
// What is waiting is durable (records of kind "outbox", docs/formats/outbox.md): a room whose last
// state the backend lacks is saved after a restart even if nobody opens it, from its log.
//
// Invariants, whatever the backend does:
// - Nothing is sent before this process knows what the backend has (a load that ended as content
//   or empty); what it has is merged in first.
// - Nothing is sent that does not cover (state vector and delete set) what was last acknowledged.
#pragma once

#include "runnel/backend/snapshot_backend.h"
#include "runnel/storage/room_store.h"

#include "base/bytes.h"
#include "base/executor.h"
#include "base/ids.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::backend {

enum class BackendState : std::uint8_t {
  None,          // there is no backend (backend.kind = "none"): nothing is loaded or saved
  Unknown,       // not loaded yet
  Saved,         // the backend has everything that was submitted
  Waiting,       // a change or a save waits for its time or for the backend
  TooLarge,      // kept here only
  Denied,        // the backend refuses the secret or the room
  Unconfigured,  // url or secret missing: saves wait
};

[[nodiscard]] std::string_view backend_state_name(BackendState state) noexcept;

// Of one room, for stats, dashboard and metrics.
struct BackendStatus {
  BackendState state{BackendState::Unknown};
  std::uint64_t version{0};          // last acknowledged snapshotVersion; 0: none
  storage::Seq acknowledged_seq{0};  // position of the log that the backend has
  std::int64_t acknowledged_ms{0};   // wall time of that; 0: never
  std::int64_t waiting_since_ms{0};  // wall time of the oldest change the backend lacks; 0: none
  std::string last_error;            // empty when the last attempt went well
};

// Of this loop.
struct OutboxTotals {
  std::size_t rooms_waiting{0};
  std::size_t rooms_too_large{0};
  std::size_t rooms_denied{0};
  std::size_t saves_in_flight{0};
  std::int64_t oldest_waiting_ms{0};  // wall time; 0: none
  bool outage{false};                 // the last attempt of any room failed
};

// What a room learns; called on the room's loop. A room subscribes while it is in memory.
class OutboxListener {
 public:
  OutboxListener() = default;
  OutboxListener(const OutboxListener&) = delete;
  OutboxListener& operator=(const OutboxListener&) = delete;
  OutboxListener(OutboxListener&&) = delete;
  OutboxListener& operator=(OutboxListener&&) = delete;
  virtual ~OutboxListener() = default;

  // A 2xx: the backend has the log up to `seq`. This is `sync_complete{snapshotVersion}`.
  virtual void snapshot_stored(std::uint64_t version, storage::Seq seq) = 0;

  // PERSIST_FAILED; once per outage of this room, not per attempt.
  virtual void snapshot_failed(std::string_view reason) = 0;

  // Saves work again after snapshot_failed: `service_status{available: true}`.
  virtual void backend_recovered() = 0;

  // The backend turned out to have something that was not in the saved snapshot (another server,
  // a restore). Update V1; the room applies it, which is harmless when it knows it.
  virtual void merge_from_backend(const Bytes& update) = 0;
};

// One state to save.
struct Submission {
  SharedBytes snapshot;  // full state as update V1
  storage::Seq seq{0};   // the log up to here is in it
  bool logged{true};     // false (persist "none"): the outbox keeps the bytes itself
};

class Outbox {
 public:
  Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  Outbox(Outbox&&) = delete;
  Outbox& operator=(Outbox&&) = delete;
  virtual ~Outbox() = default;

  // False for backend.kind "none": load is Empty at once, and nothing is saved.
  [[nodiscard]] virtual bool has_backend() const = 0;

  // One attempt. On LoadUnknown the caller asks again after `RetrySchedule` (retry_schedule.h), or
  // is content with its own log; a later load tells. `done` runs once, possibly before this
  // returns.
  virtual void load(const RoomId& room, SnapshotBackend::LoadDone done) = 0;

  // The room has changed and the backend does not know. Cheap when it is already noted. Should the
  // process die now, the room is saved from its log after the restart.
  virtual void note_change(const RoomId& room) = 0;

  // Save this as soon as may be; takes the place of an earlier submission that was not sent yet.
  virtual void submit(const RoomId& room, Submission submission) = 0;

  // At most one listener per room; null takes it away.
  virtual void listen(const RoomId& room, OutboxListener* listener) = 0;

  [[nodiscard]] virtual BackendStatus status(const RoomId& room) const = 0;
  [[nodiscard]] virtual OutboxTotals totals() const = 0;

  // The room was deleted: forgets its saves. What the backend has stays.
  virtual void forget(const RoomId& room) = 0;

  // Tries everything that waits once, at once (SIGTERM); `done` runs when nothing is in flight any
  // more or after `deadline`. What is left stays in the records for the next start.
  virtual void flush(Duration deadline, Task done) = 0;
};

}  // namespace runnel::backend
