// DeleteSet: which units are deleted, as sorted, disjoint intervals per client. A value; it copies
// and compares, and equal sets are equal bytes.
//
// Layout: docs/formats/updates.md, section "Delete set".
#pragma once

#include "ycpp/id.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ycpp {

class ByteReader;
class ByteWriter;

// The two encodings of an update.
enum class UpdateFormat : std::uint8_t { V1, V2 };

// Units [clock, clock + length) of one client.
struct ClockRange {
  Clock clock{0};
  Clock length{0};

  [[nodiscard]] Clock end() const noexcept { return clock + length; }

  friend bool operator==(const ClockRange&, const ClockRange&) = default;
};

class DeleteSet {
 public:
  struct ClientRanges {
    ClientId client;
    std::vector<ClockRange> ranges;  // ascending, none touching the next, none empty

    friend bool operator==(const ClientRanges&, const ClientRanges&) = default;
  };

  // One range of one client, for building a set in bulk.
  struct Range {
    ClientId client;
    ClockRange range;
  };

  DeleteSet() = default;

  // Any order, overlapping or not; empty ranges are dropped. O(n log n).
  [[nodiscard]] static DeleteSet from_ranges(std::vector<Range> ranges);

  // Reads exactly one delete set. Bytes after it are an error.
  [[nodiscard]] static Result<DeleteSet> decode(ByteView bytes, UpdateFormat format);

  // Reads one where the reader stands; on failure the reader is not ok(). Input in any order is
  // normalised.
  [[nodiscard]] static DeleteSet read(ByteReader& reader, UpdateFormat format);

  // Reads one and appends its ranges as they stand, in the order of the input.
  static void read_ranges(ByteReader& reader, UpdateFormat format, std::vector<Range>& ranges);

  // Clients in descending order, as Yjs writes them.
  void write(ByteWriter& writer, UpdateFormat format) const;
  [[nodiscard]] Bytes encode(UpdateFormat format) const;

  // Adds a range and joins it with what it overlaps or touches. Appending behind the last range of
  // a client is O(1); anywhere else O(number of ranges of the client).
  void add(ClientId client, Clock clock, Clock length);

  // O(n + m).
  void merge(const DeleteSet& other);

  [[nodiscard]] bool contains(Id id) const noexcept;

  // Whether every unit of `other` is in here.
  [[nodiscard]] bool covers(const DeleteSet& other) const noexcept;

  // The ranges of one client; empty for one that has none.
  [[nodiscard]] std::span<const ClockRange> ranges(ClientId client) const noexcept;

  [[nodiscard]] std::span<const ClientRanges> clients() const noexcept { return clients_; }

  [[nodiscard]] bool empty() const noexcept { return clients_.empty(); }

  friend bool operator==(const DeleteSet&, const DeleteSet&) = default;

 private:
  [[nodiscard]] std::vector<ClockRange>& ranges_for(ClientId client);

  // Invariant: strictly descending by client, none without ranges.
  std::vector<ClientRanges> clients_;
};

}  // namespace ycpp
