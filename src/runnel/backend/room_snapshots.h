// What a room asks of the application's backend: its content when the room opens, and to keep its
// full state. The implementations (HTTP contract with a durable outbox, the embedded one, none) are
// backend/'s own; rooms see these two interfaces, on their loop.
#pragma once

#include "runnel/storage/room_store.h"

#include "base/bytes.h"
#include "base/ids.h"

#include <cstdint>
#include <functional>
#include <string>

namespace runnel::backend {

enum class LoadOutcome : std::uint8_t {
  Content,  // `update` is a full state, decoded and found good
  Empty,    // the backend says that there is nothing (404, 204)
  Unknown,  // everything else: never to be taken for empty
};

struct LoadedSnapshot {
  LoadOutcome outcome{LoadOutcome::Unknown};
  Bytes update;        // update V1, whatever the backend stores
  std::string reason;  // why it is unknown, one sentence without secrets
};

// One attempt per call: the room that waits for the outcome asks again, with jitter.
class SnapshotSource {
 public:
  SnapshotSource() = default;
  SnapshotSource(const SnapshotSource&) = delete;
  SnapshotSource& operator=(const SnapshotSource&) = delete;
  SnapshotSource(SnapshotSource&&) = delete;
  SnapshotSource& operator=(SnapshotSource&&) = delete;
  virtual ~SnapshotSource() = default;

  // `done` runs on the room's loop, exactly once, also when the room is long gone.
  virtual void load(const RoomId& room, std::move_only_function<void(LoadedSnapshot)> done) = 0;
};

// A full state that is to reach the backend.
struct SnapshotToSave {
  Bytes update;         // update V1, the whole document
  Bytes state_vector;   // of it
  storage::Seq seq{0};  // position of the room's log that it covers
  bool logged{true};    // false (persist "none"): the outbox has to keep these bytes itself
};

enum class SaveOutcome : std::uint8_t {
  Saved,      // the backend answered 2xx: everything up to `seq` is there
  Unchanged,  // it had everything up to `seq` already: nothing was sent, there is no new version
  Failing,    // the first failure of an outage; the outbox goes on trying
  TooLarge,   // kept here, not saved there (413, over 20 MiB)
  Conflict,   // the backend had more: `merge` must go into the document before it is saved again
};

struct SaveReport {
  SaveOutcome outcome{SaveOutcome::Saved};
  storage::Seq seq{0};
  std::uint64_t snapshot_version{0};  // grows with every save of this room, over restarts
  Bytes merge;                        // update V1, with Conflict
};

// Durable: what it accepted survives a restart and is tried until it is saved.
class SnapshotSaver {
 public:
  SnapshotSaver() = default;
  SnapshotSaver(const SnapshotSaver&) = delete;
  SnapshotSaver& operator=(const SnapshotSaver&) = delete;
  SnapshotSaver(SnapshotSaver&&) = delete;
  SnapshotSaver& operator=(SnapshotSaver&&) = delete;
  virtual ~SnapshotSaver() = default;

  // Takes the place of a state of the same room that still waits. `accepted` runs once it is
  // durable in the outbox; an error means that it is not and that the room has to try again.
  virtual void save(const RoomId& room, SnapshotToSave snapshot,
                    storage::Completion<void> accepted) = 0;

  // How saves of this room end, from now on; replaces the previous listener. A room that goes
  // passes nullptr, and its saves go on without it.
  using Listener = std::function<void(const SaveReport&)>;
  virtual void listen(const RoomId& room, Listener listener) = 0;

  // The room has changed since its last save. Cheap when that is already noted. Durable: should the
  // process die now, the room is saved from its log after the restart, even if nobody opens it.
  virtual void note_change(const RoomId& /*room*/) {}

  // The room was deleted: what waits to be saved of it is never sent. What the backend has stays.
  virtual void forget(const RoomId& room) = 0;

  // Position that the backend has, as far as it is known here; 0: nothing yet.
  [[nodiscard]] virtual storage::Seq saved_seq(const RoomId& room) const = 0;
};

}  // namespace runnel::backend
