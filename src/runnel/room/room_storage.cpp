#include "runnel/room/room_storage.h"

#include <utility>

namespace runnel::room {

void RoomStorage::put(std::string key, Bytes value, Completion<void> done) {
  std::vector<storage::KvChange> changes;
  changes.push_back({.key = std::move(key), .value = std::move(value)});
  write(std::move(changes), std::move(done));
}

void RoomStorage::erase(std::string key, Completion<void> done) {
  std::vector<storage::KvChange> changes;
  changes.push_back({.key = std::move(key), .value = std::nullopt});
  write(std::move(changes), std::move(done));
}

}  // namespace runnel::room
