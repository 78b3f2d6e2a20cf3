// MergeQueue: the order in which merging takes structs from many updates. Internal to merging.
//
// Yjs sorts all its readers again after every run: by client descending, then clock, and stably.
// Only the reader in front has moved then, so among equals it comes to stand first. A heap with the
// time of the last move as tie-breaker, over the readers that were already taken from once, and a
// list sorted once for the others give the same order in O(log m).
#pragma once

#include "ycpp/id.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ycpp {

class MergeQueue {
 public:
  struct Ticket {
    Id id;                   // of the next struct
    std::size_t source{0};   // index of an update, or of what the caller keeps for one
    std::uint64_t moved{0};  // when it was put back; 0 for never
  };

  // Adds an update that was not taken from yet. All of them before the first take().
  void add(Id first, std::size_t update) { fresh_.push_back({.id = first, .source = update}); }

  // Ends the adding.
  void sort();

  [[nodiscard]] bool empty() const noexcept { return next_ == fresh_.size() && heap_.empty(); }

  // Removes and returns the ticket in front. `moved` tells which kind `source` is.
  Ticket take();

  // Puts a source back whose next struct is `id`.
  void put_back(Id id, std::size_t source);

 private:
  std::vector<Ticket> fresh_;  // sorted; those before next_ are taken
  std::size_t next_{0};
  std::vector<Ticket> heap_;
  std::uint64_t moves_{0};
};

}  // namespace ycpp
