#include "runnel/net/timer_heap.h"

#include <utility>

namespace runnel::net {

TimerId TimerHeap::add(std::int64_t due_ms, Task task) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.due_ms = due_ms;
  slot.order = next_order_++;
  slot.task = std::move(task);
  heap_.push_back(index);
  place(heap_.size() - 1, index);
  sift_up(heap_.size() - 1);
  return TimerId((static_cast<std::uint64_t>(slot.generation) << 32U) | index);
}

void TimerHeap::cancel(TimerId timer) {
  const auto index = static_cast<std::uint32_t>(timer.value());
  const auto generation = static_cast<std::uint32_t>(timer.value() >> 32U);
  if (index >= slots_.size() || slots_[index].generation != generation) return;
  if (!slots_[index].task) return;
  // The task is destroyed outside of the heap's own changes: its captures may cancel other timers.
  const Task cancelled = remove_at(slots_[index].heap_at);
}

Task TimerHeap::take_due(std::int64_t now_ms) {
  if (heap_.empty() || slots_[heap_.front()].due_ms > now_ms) return {};
  return remove_at(0);
}

std::int64_t TimerHeap::next_due_ms() const {
  return heap_.empty() ? -1 : slots_[heap_.front()].due_ms;
}

bool TimerHeap::is_before(std::uint32_t left, std::uint32_t right) const {
  const Slot& a = slots_[left];
  const Slot& b = slots_[right];
  return a.due_ms != b.due_ms ? a.due_ms < b.due_ms : a.order < b.order;
}

void TimerHeap::place(std::size_t at, std::uint32_t slot) {
  heap_[at] = slot;
  slots_[slot].heap_at = static_cast<std::uint32_t>(at);
}

void TimerHeap::sift_up(std::size_t at) {
  const std::uint32_t slot = heap_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (!is_before(slot, heap_[parent])) break;
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, slot);
}

void TimerHeap::sift_down(std::size_t at) {
  const std::uint32_t slot = heap_[at];
  while (2 * at + 1 < heap_.size()) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < heap_.size() && is_before(heap_[child + 1], heap_[child])) ++child;
    if (!is_before(heap_[child], slot)) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, slot);
}

Task TimerHeap::remove_at(std::size_t at) {
  const std::uint32_t removed = heap_[at];
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  if (at < heap_.size()) {
    place(at, last);
    sift_up(at);
    sift_down(slots_[last].heap_at);
  }
  Slot& slot = slots_[removed];
  // Generation 0 stays unused, so that a default TimerId never names a timer.
  if (++slot.generation == 0) slot.generation = 1;
  free_.push_back(removed);
  return std::exchange(slot.task, {});
}

}  // namespace runnel::net
