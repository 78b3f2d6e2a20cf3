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
#include <string>
#include <string_view>
#include <unordered_map>

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

  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name

    // Not noexcept, and so the table keeps each hash: without it, it would compute those of a
    // bucket's neighbours anew in each look-up.
    std::size_t operator()(const RoomId& id) const { return std::hash<RoomId>{}(id); }

    std::size_t operator()(const std::shared_ptr<const RoomId>& id) const {
      return std::hash<RoomId>{}(*id);
    }
  };

  struct Equal {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name

    static const RoomId& value(const RoomId& id) { return id; }

    static const RoomId& value(const std::shared_ptr<const RoomId>& id) { return *id; }

    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      return value(left) == value(right);
    }
  };

  Rooms::iterator at(const Room& room);

  Rooms unfolded_;
  Rooms settled_;
  std::unordered_map<std::shared_ptr<const RoomId>, Rooms::iterator, Hash, Equal> by_id_;
};

}  // namespace runnel::storage
