#include "runnel/backend/save_notes.h"

#include "runnel/backend/document_bytes.h"
#include "runnel/backend/outbox_entry.h"

#include <optional>
#include <string>
#include <utility>

namespace runnel::backend {

SaveNotes::SaveNotes(storage::RoomStore& store, const TimeSource& time)
    : store_(store), time_(time), self_(std::make_shared<SaveNotes*>(this)) {}

SaveNotes::~SaveNotes() { *self_ = nullptr; }

void SaveNotes::save(const RoomId& room, SnapshotToSave snapshot,
                     storage::Completion<void> accepted) {
  note(room, snapshot.logged ? Bytes{} : std::move(snapshot.update), std::move(accepted));
}

void SaveNotes::note_change(const RoomId& room) {
  note(room, {}, [](const Result<void>&) {});
}

void SaveNotes::forget(const RoomId& room) {
  for (const std::string_view kind : {kOutboxRecordKind, kBackendRecordKind}) {
    store_.erase_record(std::string(kind), outbox_key(room), [](const Result<void>&) {});
  }
}

void SaveNotes::note(const RoomId& room, Bytes snapshot, storage::Completion<void> done) {
  store_.get_record(std::string(kOutboxRecordKind), outbox_key(room),
                    [self = self_, room, snapshot = std::move(snapshot),
                     done = std::move(done)](Result<std::optional<storage::Record>> found) mutable {
                      if (*self == nullptr) return;
                      if (!found) {
                        done(std::unexpected(found.error()));
                        return;
                      }
                      (*self)->write(room, std::move(snapshot), *found ? &**found : nullptr,
                                     std::move(done));
                    });
}

void SaveNotes::write(const RoomId& room, Bytes snapshot, const storage::Record* earlier,
                      storage::Completion<void> done) {
  WaitingRecord waiting{.room = room, .since_ms = time_.wall_ms(), .snapshot = std::move(snapshot)};
  if (earlier != nullptr) {
    auto before = decode_waiting(earlier->value);
    if (before && waiting.snapshot.empty()) {
      done({});
      return;
    }
    if (before && !before->snapshot.empty()) {
      auto both = merge_documents({before->snapshot, waiting.snapshot});
      if (!both) {
        done(std::unexpected(both.error()));
        return;
      }
      waiting.snapshot = std::move(both->update);
    }
    if (before) waiting.since_ms = before->since_ms;
  }
  store_.put_record({.kind = std::string(kOutboxRecordKind),
                     .key = outbox_key(room),
                     .value = encode_waiting(waiting)},
                    std::move(done));
}

}  // namespace runnel::backend
