// What the outbox knows of one room, and how that is stored. Used by outbox.h only.
//
// Two records per room at most, both JSON (docs/formats/outbox.md): kind "outbox" while the backend
// lacks something, kind "backend" once something was acknowledged.
#pragma once

#include "runnel/backend/document_bytes.h"
#include "runnel/backend/retry_schedule.h"
#include "runnel/backend/room_snapshots.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::backend {

inline constexpr std::string_view kOutboxRecordKind = "outbox";
inline constexpr std::string_view kBackendRecordKind = "backend";

// Key of both records: "party/name". A party has no slash, so it is unambiguous.
[[nodiscard]] std::string outbox_key(const RoomId& room);

// The backend lacks something of this room.
struct WaitingRecord {
  RoomId room;
  std::int64_t since_ms{0};  // wall time of the oldest change that it lacks
  Bytes snapshot;            // update V1, of rooms without a log; otherwise empty
};

[[nodiscard]] Bytes encode_waiting(const WaitingRecord& record);
[[nodiscard]] Result<WaitingRecord> decode_waiting(ByteView bytes);

// What was last acknowledged.
struct AcknowledgedRecord {
  std::uint64_t version{0};
  storage::Seq seq{0};
  std::int64_t time_ms{0};  // wall time
};

[[nodiscard]] Bytes encode_acknowledged(const AcknowledgedRecord& record);
[[nodiscard]] Result<AcknowledgedRecord> decode_acknowledged(ByteView bytes);

// A state on its way to the backend.
struct PendingState {
  SharedBytes update;  // null: to be read from the room's log when its turn comes
  storage::Seq seq{0};
  std::uint64_t changes{0};  // OutboxEntry::changes that are in it
  bool logged{true};
};

// What went out in one request.
struct OutboxSent {
  std::uint64_t version{0};
  std::size_t bytes{0};
  storage::Seq seq{0};
  std::uint64_t changes{0};
};

enum class Hold : std::uint8_t { None, TooLarge, Denied };

struct OutboxEntry {
  RoomId room;
  std::uint64_t serial{0};  // tells this entry from a later one of the same room
  SnapshotSaver::Listener listener;
  int loading{0};  // loads by rooms that are under way

  // What this process knows of the backend's state. Invariant: nothing is sent unless `known`.
  bool known{false};
  Coverage acknowledged;  // what the backend holds, when known
  std::string etag;
  bool absent{false};  // it said that there is nothing, not even an empty document
  AcknowledgedRecord last;
  bool last_restored{false};  // the "backend" record was read

  // What the backend lacks.
  std::uint64_t changes{0};        // grows with every change and save
  std::uint64_t saved_changes{0};  // those that the backend has
  std::optional<PendingState> pending;
  std::int64_t waiting_since_ms{0};                  // wall; 0: it lacks nothing
  bool recorded{false};                              // the "outbox" record is written
  std::vector<storage::Completion<void>> accepting;  // saves that wait for that record

  // The attempt that is under way.
  bool busy{false};
  bool refetched{false};  // it has asked the backend what it holds
  Bytes merge_in;         // V1: what the backend holds, if it was asked
  int stale_rounds{0};

  // The attempts to come.
  std::int64_t due_ms{-1};  // steady; -1: not queued
  RetrySchedule retry;
  bool failing{false};  // Failing was reported
  bool tried_in_flush{false};
  Hold hold{Hold::None};
  std::size_t refused_bytes{0};  // a snapshot of this size was too large
  bool warned_of_size{false};
  std::string last_error;

  [[nodiscard]] bool is_waiting() const { return waiting_since_ms != 0; }
};

}  // namespace runnel::backend
