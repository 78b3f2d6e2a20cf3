#include "runnel/storage/room_index.h"

#include "base/check.h"

#include <utility>

namespace runnel::storage {

Room* RoomIndex::find(const RoomId& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &*found->second;
}

Room& RoomIndex::add(Room room) {
  RUNNEL_CHECK(room.pending.empty());
  settled_.push_back(std::move(room));
  const auto [position, added] = by_id_.emplace(settled_.back().id, std::prev(settled_.end()));
  RUNNEL_CHECK(added);
  return *position->second;
}

RoomIndex::Rooms::iterator RoomIndex::at(const Room& room) {
  const auto found = by_id_.find(*room.id);
  RUNNEL_CHECK(found != by_id_.end() && &*found->second == &room);
  return found->second;
}

void RoomIndex::erase(Room& room) {
  const Rooms::iterator position = at(room);
  Rooms& list = room.pending.empty() ? settled_ : unfolded_;
  by_id_.erase(room.id);
  list.erase(position);
}

void RoomIndex::clear() {
  by_id_.clear();
  unfolded_.clear();
  settled_.clear();
}

void RoomIndex::to_unfolded(Room& room) { unfolded_.splice(unfolded_.end(), settled_, at(room)); }

void RoomIndex::to_settled(Room& room) { settled_.splice(settled_.end(), unfolded_, at(room)); }

void RoomIndex::trim_settled(std::size_t limit) {
  while (settled_.size() > limit) erase(settled_.front());
}

}  // namespace runnel::storage
