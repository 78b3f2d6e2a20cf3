// AckTracker: what has become of the changes that one connection sent. Counts its sync messages
// (SyncStep2 and Update) and knows for each up to which position of the room's log it is held.
//
// Invariant: backend <= received and durable <= received; none of them ever goes back.
#pragma once

#include "runnel/storage/room_store.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace runnel::collab {

struct Ack {
  std::uint64_t received{0};  // taken in, seen by the others
  std::uint64_t durable{0};   // survives the machine
  std::uint64_t backend{0};   // is in the application's backend

  friend bool operator==(const Ack&, const Ack&) = default;
};

class AckTracker {
 public:
  // One message was taken in; everything that it said is in the log up to `seq`.
  void received(storage::Seq seq);

  void durable(storage::Seq seq) { advance(durable_, ack_.durable, seq); }

  void backend(storage::Seq seq) { advance(backend_, ack_.backend, seq); }

  // The present counts if they differ from those of the last call.
  std::optional<Ack> take();

 private:
  struct Mark {
    std::uint64_t count;  // messages up to here ...
    storage::Seq seq;     // ... are in the log up to here
  };

  using Marks = std::vector<Mark>;  // no deque: an idle connection must not cost its blocks

  static void add(Marks& marks, Mark mark);
  static void advance(Marks& marks, std::uint64_t& count, storage::Seq seq);

  Ack ack_;
  Ack taken_;
  Marks durable_;  // not durable yet, ascending
  Marks backend_;  // not in the backend yet, ascending
};

}  // namespace runnel::collab
