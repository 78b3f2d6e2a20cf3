#include "runnel/collab/frozen_rooms.h"

#include <string>
#include <utility>

namespace runnel::collab {

namespace {

// A party has no slash, so this is unambiguous.
std::string key_of(const RoomId& room) { return room.party + "/" + room.name; }

}  // namespace

FrozenRooms::FrozenRooms(storage::RoomStore& store)
    : store_(store), self_(std::make_shared<FrozenRooms*>(this)) {}

FrozenRooms::~FrozenRooms() = default;

void FrozenRooms::start(std::function<bool(const RoomId&)> is_mine,
                        storage::Completion<void> done) {
  store_.list_records(
      std::string(kFrozenRecordKind),
      [weak = std::weak_ptr(self_), is_mine = std::move(is_mine),
       done = std::move(done)](Result<std::vector<storage::Record>> records) mutable {
        const auto self = weak.lock();
        if (self == nullptr) return;
        if (!records) {
          done(std::unexpected(records.error()));
          return;
        }
        for (const storage::Record& record : *records) {
          const std::size_t slash = record.key.find('/');
          if (slash == std::string::npos) continue;
          RoomId room{record.key.substr(0, slash), record.key.substr(slash + 1)};
          if (is_mine(room)) (*self)->rooms_.insert(std::move(room));
        }
        done({});
      });
}

void FrozenRooms::set(const RoomId& room, bool frozen, storage::Completion<void> done) {
  if (frozen) {
    rooms_.insert(room);
    storage::Record record{
        .kind = std::string(kFrozenRecordKind), .key = key_of(room), .value = {}};
    store_.put_record(std::move(record), std::move(done));
    return;
  }
  if (rooms_.erase(room) == 0) {
    done({});
    return;
  }
  store_.erase_record(std::string(kFrozenRecordKind), key_of(room), std::move(done));
}

}  // namespace runnel::collab
