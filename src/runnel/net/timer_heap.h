// The timers of one loop: a binary heap over reusable slots. Pure: the time is an argument. Some 56
// bytes a timer, because every idle connection has one.
#pragma once

#include "base/executor.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace runnel::net {

class TimerHeap {
 public:
  // Timers with the same due time run in the order in which they were added.
  TimerId add(std::int64_t due_ms, Task task);

  // Unknown ids, of timers that ran or were cancelled, are ignored.
  void cancel(TimerId timer);

  // Takes the earliest timer that is due at `now_ms`; an empty task when there is none.
  Task take_due(std::int64_t now_ms);

  // Due time of the earliest timer; -1 without one.
  [[nodiscard]] std::int64_t next_due_ms() const;

  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  struct Slot {
    std::int64_t due_ms{0};
    std::uint64_t order{0};
    Task task;
    std::uint32_t heap_at{0};     // index into `heap_` while in use
    std::uint32_t generation{1};  // of the id that names this slot now
  };

  [[nodiscard]] bool is_before(std::uint32_t left, std::uint32_t right) const;
  void place(std::size_t at, std::uint32_t slot);
  void sift_up(std::size_t at);
  void sift_down(std::size_t at);
  Task remove_at(std::size_t at);

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> heap_;  // slots, earliest first
  std::uint64_t next_order_{0};
};

}  // namespace runnel::net
