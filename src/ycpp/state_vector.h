// StateVector: for each client how many of its units are known, so what a replica still lacks.
// A value; it copies and compares.
//
// Layout: docs/formats/updates.md, section "State vector". There is one, for both update formats.
#pragma once

#include "ycpp/id.h"

#include <cstddef>
#include <span>
#include <vector>

namespace ycpp {

class ByteReader;
class ByteWriter;

class StateVector {
 public:
  struct Entry {
    ClientId client;
    Clock clock{0};  // units known: the next clock that is not

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  StateVector() = default;

  // Any order; of two entries of one client the later one counts. Takes O(n log n), where calling
  // set() for clients in ascending order takes O(n^2).
  [[nodiscard]] static StateVector from_entries(std::vector<Entry> entries);

  // Reads exactly one state vector. Bytes after it are an error.
  [[nodiscard]] static Result<StateVector> decode(ByteView bytes);

  // Reads one where the reader stands; on failure the reader is not ok().
  [[nodiscard]] static StateVector read(ByteReader& reader);

  void write(ByteWriter& writer) const;
  [[nodiscard]] Bytes encode() const;

  // Zero for a client that is not known.
  [[nodiscard]] Clock clock(ClientId client) const noexcept;

  void set(ClientId client, Clock clock);

  // Sets the clock if it is above the known one.
  void raise(ClientId client, Clock clock);

  // Raises every clock of `other`. O(n + m).
  void merge(const StateVector& other);

  // Whether everything that `other` knows is known here. A client at clock zero counts as unknown.
  [[nodiscard]] bool covers(const StateVector& other) const noexcept;

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  // Clients in descending order, as Yjs writes them.
  [[nodiscard]] std::span<const Entry> entries() const noexcept { return entries_; }

  friend bool operator==(const StateVector&, const StateVector&) = default;

 private:
  // Invariant: strictly descending by client.
  std::vector<Entry> entries_;
};

}  // namespace ycpp
