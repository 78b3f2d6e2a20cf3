// SaveNotes: the saver of rooms that are opened without their backend, by a command on the data of
// a stopped server. It sends nothing; it writes down, as the outbox does (docs/formats/outbox.md),
// that the backend lacks something, so that the next server saves it even if nobody opens the room.
// One per event loop.
#pragma once

#include "runnel/backend/room_snapshots.h"
#include "runnel/storage/room_store.h"

#include "base/time_source.h"

#include <memory>

namespace runnel::backend {

class SaveNotes final : public SnapshotSaver {
 public:
  // Both outlive it.
  SaveNotes(storage::RoomStore& store, const TimeSource& time);
  SaveNotes(const SaveNotes&) = delete;
  SaveNotes& operator=(const SaveNotes&) = delete;
  SaveNotes(SaveNotes&&) = delete;
  SaveNotes& operator=(SaveNotes&&) = delete;
  ~SaveNotes() override;

  // A state without a log of its own is merged into the one that waits already, if any.
  void save(const RoomId& room, SnapshotToSave snapshot,
            storage::Completion<void> accepted) override;
  void note_change(const RoomId& room) override;
  void forget(const RoomId& room) override;

  // Nothing ends here, so there is nothing to hear or to know.
  void listen(const RoomId& /*room*/, Listener /*listener*/) override {}

  [[nodiscard]] storage::Seq saved_seq(const RoomId& /*room*/) const override { return 0; }

 private:
  void note(const RoomId& room, Bytes snapshot, storage::Completion<void> done);
  void write(const RoomId& room, Bytes snapshot, const storage::Record* earlier,
             storage::Completion<void> done);

  storage::RoomStore& store_;
  const TimeSource& time_;
  std::shared_ptr<SaveNotes*> self_;  // callbacks of the store find null once this is gone
};

}  // namespace runnel::backend
