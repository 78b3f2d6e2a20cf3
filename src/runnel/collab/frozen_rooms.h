// FrozenRooms: which rooms of this loop take no edits until the operator says so again. Kept as
// records of the store (kind "frozen"), so that a restart thaws nothing. All of it is in memory:
// asking costs no read when a room opens.
#pragma once

#include "runnel/storage/room_store.h"

#include "base/ids.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

namespace runnel::collab {

inline constexpr std::string_view kFrozenRecordKind = "frozen";

class FrozenRooms {
 public:
  explicit FrozenRooms(storage::RoomStore& store);
  ~FrozenRooms();
  FrozenRooms(const FrozenRooms&) = delete;
  FrozenRooms& operator=(const FrozenRooms&) = delete;
  FrozenRooms(FrozenRooms&&) = delete;
  FrozenRooms& operator=(FrozenRooms&&) = delete;

  // Reads what earlier processes left; before the first room opens.
  void start(std::function<bool(const RoomId&)> is_mine, storage::Completion<void> done);

  [[nodiscard]] bool contains(const RoomId& room) const { return rooms_.contains(room); }

  [[nodiscard]] std::vector<RoomId> all() const { return {rooms_.begin(), rooms_.end()}; }

  // In effect at once; `done` runs when it survives a restart.
  void set(const RoomId& room, bool frozen, storage::Completion<void> done);

 private:
  storage::RoomStore& store_;
  std::set<RoomId> rooms_;
  std::shared_ptr<FrozenRooms*> self_;  // callbacks of the store hold it weakly
};

}  // namespace runnel::collab
