#include "runnel/storage/room_index.h"

#include "base/check.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace runnel::storage {

namespace {

constexpr std::size_t kSlotsMin = 64;

constexpr std::size_t kCacheLineBytes = 64;

std::uint64_t hash_of(const RoomId& id) {
  // 0 marks an empty slot.
  return std::max<std::uint64_t>(std::hash<RoomId>{}(id), 1);
}

void prefetch(const void* begin, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += kCacheLineBytes) {
    __builtin_prefetch(static_cast<const std::byte*>(begin) + at);
  }
}

}  // namespace

std::size_t RoomIndex::slot_of(const RoomId& id, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].hash != 0 && (slots_[at].hash != hash || *slots_[at].room->id != id)) {
    at = (at + 1) & mask;
  }
  return at;
}

Room* RoomIndex::find(const RoomId& id) {
  if (count_ == 0) return nullptr;
  const Slot& slot = slots_[slot_of(id, hash_of(id))];
  return slot.hash == 0 ? nullptr : &*slot.room;
}

void RoomIndex::find_all(std::span<const RoomId* const> ids, std::span<Room*> rooms) const {
  RUNNEL_CHECK(ids.size() == rooms.size() && ids.size() <= kFindBatch);
  std::ranges::fill(rooms, nullptr);
  if (count_ == 0) return;
  std::array<std::uint64_t, kFindBatch> hashes{};
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    hashes[i] = hash_of(*ids[i]);
    prefetch(&slots_[hashes[i] & mask], sizeof(Slot));
  }
  // Each step reads only what the one before has asked for; a room that is not in its first slot
  // is merely waited for.
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Slot& slot = slots_[hashes[i] & mask];
    if (slot.hash == hashes[i]) prefetch(&*slot.room, sizeof(Room));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Slot& slot = slots_[hashes[i] & mask];
    if (slot.hash == hashes[i]) prefetch(slot.room->id.get(), sizeof(RoomId));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Slot& slot = slots_[slot_of(*ids[i], hashes[i])];
    if (slot.hash == 0) continue;
    rooms[i] = &*slot.room;
    prefetch(rooms[i]->pending.data() + rooms[i]->pending.size(), kCacheLineBytes);
  }
}

void RoomIndex::insert(std::uint64_t hash, Rooms::iterator room) {
  slots_[slot_of(*room->id, hash)] = {.hash = hash, .room = room};
}

void RoomIndex::resize(std::size_t slots) {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  for (const Slot& slot : old) {
    if (slot.hash != 0) insert(slot.hash, slot.room);
  }
}

Room& RoomIndex::add(Room room) {
  RUNNEL_CHECK(room.pending.empty() && find(*room.id) == nullptr);
  settled_.push_back(std::move(room));
  if ((count_ + 1) * 2 > slots_.size()) resize(std::max(kSlotsMin, slots_.size() * 2));
  insert(hash_of(*settled_.back().id), std::prev(settled_.end()));
  ++count_;
  return settled_.back();
}

RoomIndex::Rooms::iterator RoomIndex::at(const Room& room) {
  RUNNEL_CHECK(count_ > 0);
  const Slot& slot = slots_[slot_of(*room.id, hash_of(*room.id))];
  RUNNEL_CHECK(slot.hash != 0 && &*slot.room == &room);
  return slot.room;
}

void RoomIndex::erase(Room& room) {
  const Rooms::iterator position = at(room);
  Rooms& list = room.pending.empty() ? settled_ : unfolded_;
  const std::size_t mask = slots_.size() - 1;
  // Whatever stands behind the hole and would be looked for before it moves into it.
  std::size_t hole = slot_of(*room.id, hash_of(*room.id));
  for (std::size_t next = (hole + 1) & mask; slots_[next].hash != 0; next = (next + 1) & mask) {
    const std::size_t home = slots_[next].hash & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = {};
  --count_;
  list.erase(position);
  if (slots_.size() > kSlotsMin && count_ * 8 < slots_.size()) resize(slots_.size() / 2);
}

void RoomIndex::clear() {
  slots_.clear();
  count_ = 0;
  unfolded_.clear();
  settled_.clear();
}

void RoomIndex::to_unfolded(Room& room) { unfolded_.splice(unfolded_.end(), settled_, at(room)); }

void RoomIndex::to_settled(Room& room) { settled_.splice(settled_.end(), unfolded_, at(room)); }

void RoomIndex::trim_settled(std::size_t limit) {
  while (settled_.size() > limit) erase(settled_.front());
}

}  // namespace runnel::storage
