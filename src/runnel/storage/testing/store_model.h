// What a store has to do, in the plainest form: maps in memory, every call at once. MemoryStore
// puts the RoomStore interface in front of it, and the property tests compare SQLite with it.
#pragma once

#include "runnel/storage/room_store.h"

#include "base/time_source.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace runnel::storage {

// One thread. Copyable, so that a test can keep the state of an earlier instant.
class StoreModel {
 public:
  [[nodiscard]] RoomRecord load(const RoomId& room);
  Result<void> append(const RoomId& room, LogEntry entry);
  Result<void> compact(const RoomId& room, Seq upto, Bytes snapshot, std::int64_t now_ms);
  void remove(const RoomId& room);
  void revive(const RoomId& room);
  [[nodiscard]] RoomPage list(const RoomFilter& filter) const;

  [[nodiscard]] std::optional<Bytes> kv_get(const RoomId& room, const std::string& key) const;
  [[nodiscard]] std::vector<KvPair> kv_list(const RoomId& room, const KvRange& range) const;
  Result<void> kv_write(const RoomId& room, std::vector<KvChange> changes);
  void kv_delete_all(const RoomId& room);

  Result<void> set_alarm(const RoomId& room, std::optional<std::int64_t> alarm_ms);
  [[nodiscard]] std::vector<DueAlarm> alarms(std::int64_t until_ms, std::size_t limit) const;

  void put_record(Record record);
  void erase_record(const std::string& kind, const std::string& key);
  [[nodiscard]] std::optional<Record> get_record(const std::string& kind, const std::string& key,
                                                 std::int64_t now_ms) const;
  [[nodiscard]] std::vector<Record> list_records(const std::string& kind,
                                                 std::int64_t now_ms) const;

  // Makes the room refuse writes to its log until it is loaded again, as after a failed commit.
  void break_room(const RoomId& room) { broken_.insert(room); }

  // What load() would answer, without the side effect of mending a broken room.
  [[nodiscard]] RoomRecord peek(const RoomId& room) const;

 private:
  struct Room {
    RoomRecord record;
    std::map<std::string, Bytes> values;
    std::int64_t updated_ms{0};
  };

  [[nodiscard]] const Room* find(const RoomId& room) const;
  Result<Room*> writable(const RoomId& room);
  Result<Room*> writable_log(const RoomId& room);

  std::map<RoomId, Room> rooms_;
  std::set<RoomId> broken_;
  std::map<std::pair<std::string, std::string>, Record> records_;
};

}  // namespace runnel::storage
