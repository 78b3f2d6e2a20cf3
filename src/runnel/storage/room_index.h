// The rooms that the writer knows at the moment: those with entries in the journal that are not
// folded yet (with these entries), in the order of their oldest journal row, and a bounded number
// of others, so that the next append need not look them up. Rooms at rest are not in here.
//
// Owned by StoreEngine, on the writer's thread. All of it can be rebuilt from the database.
#pragma once

#include "runnel/storage/room_store.h"

#include "base/bytes.h"
#include "base/ids.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

namespace runnel::storage {

struct Room {
  std::shared_ptr<const RoomId> id;
  std::int64_t row{0};  // of table room; 0: absent
  bool deleted{false};
  Seq snapshot_seq{0};
  Seq folded_seq{0};  // of the last entry in snapshot or chunks
  // Invariant: last_seq == folded_seq when `pending` is empty.
  Seq last_seq{0};
  std::int64_t next_chunk{0};
  std::int64_t chunks{0};

  // Entries folded_seq + 1 to last_seq as a chunk row that is not sealed yet; empty without any.
  Bytes pending;
  std::int64_t pending_entries{0};
  std::int64_t updated_ms{0};     // wall time of the last pending entry
  std::int64_t first_journal{0};  // oldest journal row that holds a pending entry
  std::int64_t since_ms{0};       // steady time at which that row was written

  // Where the room stands in the list of positions to be reported as durable.
  std::uint64_t mark_round{0};
  std::size_t mark_index{0};
};

class RoomIndex {
 public:
  using Rooms = std::list<Room>;

  [[nodiscard]] Room* find(const RoomId& id);

  // `rooms[i]` becomes find(*ids[i]), at most kFindBatch of them. They lie spread over the memory,
  // and this waits for all of them at once, for what their next append touches too.
  static constexpr std::size_t kFindBatch = 64;
  void find_all(std::span<const RoomId* const> ids, std::span<Room*> rooms) const;

  // Adds a room without pending entries. Pointers stay valid until it is erased.
  Room& add(Room room);

  void erase(Room& room);
  void clear();

  // The room got its first pending entry, in a journal row that is the newest of all.
  void to_unfolded(Room& room);

  // The room has no pending entries any more.
  void to_settled(Room& room);

  // Rooms with pending entries, the one with the oldest journal row first.
  [[nodiscard]] Rooms& unfolded() { return unfolded_; }

  // Forgets settled rooms over `limit`, those first that settled long ago.
  void trim_settled(std::size_t limit);

  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  // Of a table with open addressing and linear probing: a room is found with one look into the
  // table and one at the room, and where that will be is known before the memory has answered.
  struct Slot {
    std::uint64_t hash{0};  // 0: empty
    Rooms::iterator room;
  };

  // Where the room stands, or the empty slot at which it would.
  [[nodiscard]] std::size_t slot_of(const RoomId& id, std::uint64_t hash) const;

  void insert(std::uint64_t hash, Rooms::iterator room);
  void resize(std::size_t slots);
  Rooms::iterator at(const Room& room);

  Rooms unfolded_;
  Rooms settled_;
  std::vector<Slot> slots_;  // a power of two, at least half of them empty
  std::size_t count_{0};
};

}  // namespace runnel::storage
