// Pending: structs and deletions that arrived before what they depend on. They are no part of the
// document yet, but of what it hands on: encode_state_as_update includes them.
//
// Structs wait as runs of encoded bytes. Of each client only the first struct is looked at; it is
// filed under the unit that it waits for, so that an update wakes exactly what it unblocks.
#pragma once

#include "ycpp/doc/incoming.h"
#include "ycpp/encoding/byte_writer.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace ycpp {

class PendingStructs {
 public:
  // Structs of one client whose clocks follow one another, in the encoding of format V1.
  struct Run {
    Clock clock{0};
    Clock end{0};
    std::uint64_t count{0};
    Bytes bytes;
    std::size_t offset{0};  // bytes in front of this are integrated

    [[nodiscard]] ByteView rest() const noexcept { return ByteView(bytes).subspan(offset); }
  };

  // By first clock; of equal ones in the order of their arrival.
  using Runs = std::multimap<Clock, Run>;

  [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }

  // Adds a run. Of two that hold the same unit the one that was here first counts.
  void add(ClientIndex client, Run run);

  // Forgets the runs, but not what clients wait for.
  void clear_runs() noexcept {
    runs_.clear();
    covered_.clear();
    bytes_ = 0;
  }

  // Whether runs that are here hold all of [clock, end).
  [[nodiscard]] bool covers(ClientIndex client, Clock clock, Clock end) const;

  // The run with the lowest clock; nullptr if the client has none.
  [[nodiscard]] Run* head(ClientIndex client) noexcept;
  void drop_head(ClientIndex client);

  // The first struct of `client` cannot go on before `awaited` is part of the document.
  void wait(ClientIndex client, LocalId awaited);

  // Moves every client that waited for a unit of `awaited` below `state` to `ready`.
  void wake(ClientIndex awaited, Clock state, std::vector<ClientIndex>& ready);

  // Clients with runs, in no particular order.
  [[nodiscard]] const std::map<ClientIndex, Runs>& runs() const noexcept { return runs_; }

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::map<ClientIndex, Runs> runs_;
  // For each client the end of what its runs hold, counted from a first clock, without gaps
  // between.
  std::map<ClientIndex, std::map<Clock, Clock>> covered_;
  std::unordered_map<ClientIndex, std::multimap<Clock, ClientIndex>> waiting_;
  std::unordered_map<ClientIndex, LocalId> awaited_;  // what each client is filed under
  std::size_t bytes_{0};
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

  [[nodiscard]] std::size_t bytes() const noexcept { return count_ * kRangeBytes; }

 private:
  static constexpr std::size_t kRangeBytes = 64;

  std::map<ClientIndex, std::map<Clock, Clock>> ranges_;
  std::size_t count_{0};
};

// Writes a struct that was read as it stood on the wire, in format V1.
void write_incoming_v1(ByteWriter& writer, const BlockStore& store, const IncomingUpdate& update,
                       const IncomingStruct& item);

}  // namespace ycpp
