// Pending: structs and deletions that arrived before what they depend on. They are no part of the
// document yet, but of what it hands on: encode_state_as_update includes them, but for units that
// the document has come to know.
//
// Structs wait as runs of encoded bytes (held_struct.h). Of each client only the first struct is
// looked at; it is filed under the unit that it waits for, so that an update wakes exactly what it
// unblocks.
#pragma once

#include "ycpp/doc/incoming.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ycpp {

class PendingStructs {
 public:
  // Structs of one client whose clocks follow one another, as held_struct.h writes them.
  struct Run {
    Clock clock{0};
    Clock end{0};
    std::uint64_t count{0};
    Bytes bytes;
    std::size_t offset{0};     // bytes in front of this are integrated
    bool gc_at_an_end{false};  // when it arrived, its first or last struct was garbage

    [[nodiscard]] ByteView rest() const noexcept { return ByteView(bytes).subspan(offset); }
  };

  // By first clock; of equal ones in the order of their arrival.
  using Runs = std::multimap<Clock, Run>;

  struct Client {
    Runs runs;
    // The end of what the runs hold, counted from a first clock, without gaps between.
    std::map<Clock, Clock> covered;
  };

  // What a run and a client take beside the bytes of structs: nodes of the tables here.
  static constexpr std::size_t kRunBytes = 192;
  static constexpr std::size_t kClientBytes = 448;

  [[nodiscard]] bool empty() const noexcept { return clients_.empty(); }

  // Adds a run. Of two that hold the same unit the one that was here first counts.
  void add(ClientIndex client, Run run);

  // Takes the runs out, but keeps what clients wait for.
  std::map<ClientIndex, Client> take_runs() noexcept {
    payload_bytes_ = 0;
    run_count_ = 0;
    return std::exchange(clients_, {});
  }

  // Whether runs that are here hold all, or any, of [clock, end).
  [[nodiscard]] bool covers(ClientIndex client, Clock clock, Clock end) const;
  [[nodiscard]] bool overlaps(ClientIndex client, Clock clock, Clock end) const;

  // The run with the lowest clock; nullptr if the client has none.
  [[nodiscard]] Run* head(ClientIndex client) noexcept;
  void drop_head(ClientIndex client);

  // The first struct of `client`, which ends at `end`, cannot go on before `awaited` is part of the
  // document, or all of its own units are.
  void wait(ClientIndex client, LocalId awaited, Clock end);

  // Moves every client that waited for a unit of `awaited` below `state` to `ready`.
  void wake(ClientIndex awaited, Clock state, std::vector<ClientIndex>& ready);

  // Clients with runs, in no particular order.
  [[nodiscard]] const std::map<ClientIndex, Client>& clients() const noexcept { return clients_; }

  // Of the structs alone.
  [[nodiscard]] std::size_t payload_bytes() const noexcept { return payload_bytes_; }

  // All the memory that waiting takes.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return payload_bytes_ + run_count_ * kRunBytes + clients_.size() * kClientBytes;
  }

 private:
  // Under what a client is filed. `own` is the last unit of its first struct: another update may
  // bring that.
  struct Filed {
    LocalId awaited;
    LocalId own;
  };

  // A clock that is awaited, and who waits for it.
  using Waiters = std::set<std::pair<Clock, ClientIndex>>;

  void cover(std::map<Clock, Clock>& covered, Clock clock, Clock end);
  void join_neighbours(Runs& runs, Runs::iterator run);
  void append(Runs& runs, Runs::iterator run, Runs::iterator next);
  void file(LocalId awaited, ClientIndex client);
  void unfile(LocalId awaited, ClientIndex client);

  std::map<ClientIndex, Client> clients_;
  std::unordered_map<ClientIndex, Waiters> waiting_;  // by the client that is waited for
  std::unordered_map<ClientIndex, Filed> filed_;
  std::size_t payload_bytes_{0};
  std::size_t run_count_{0};
};

class PendingDeletes {
 public:
  [[nodiscard]] bool empty() const noexcept { return ranges_.empty(); }

  void add(ClientIndex client, ClockRange range);

  // Takes out every range of `client` that starts below `state`.
  void take_below(ClientIndex client, Clock state, std::vector<LocalRange>& out);

  // Clock and length of each range, by client.
  [[nodiscard]] const std::map<ClientIndex, std::map<Clock, Clock>>& ranges() const noexcept {
    return ranges_;
  }

  // What a range takes, with a client of its own.
  static constexpr std::size_t kRangeBytes = 192;

  [[nodiscard]] std::size_t bytes() const noexcept { return count_ * kRangeBytes; }

 private:
  std::map<ClientIndex, std::map<Clock, Clock>> ranges_;
  std::size_t count_{0};
};

}  // namespace ycpp
