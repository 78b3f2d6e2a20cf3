#include "ycpp/update/merge_queue.h"

#include <algorithm>

namespace ycpp {

namespace {

// Whether `a` is taken before `b`. Those that moved last come first among equals, those that never
// moved keep the order of the updates.
bool comes_first(const MergeQueue::Ticket& a, const MergeQueue::Ticket& b) noexcept {
  if (a.id.client != b.id.client) return a.id.client > b.id.client;
  if (a.id.clock != b.id.clock) return a.id.clock < b.id.clock;
  if (a.moved != b.moved) return a.moved > b.moved;
  return a.source < b.source;
}

bool comes_later(const MergeQueue::Ticket& a, const MergeQueue::Ticket& b) noexcept {
  return comes_first(b, a);
}

}  // namespace

void MergeQueue::sort() {
  if (!std::ranges::is_sorted(fresh_, comes_first)) std::ranges::sort(fresh_, comes_first);
}

MergeQueue::Ticket MergeQueue::take() {
  const bool take_fresh =
      heap_.empty() || (next_ < fresh_.size() && comes_first(fresh_[next_], heap_.front()));
  if (take_fresh) return fresh_[next_++];
  std::ranges::pop_heap(heap_, comes_later);
  const Ticket ticket = heap_.back();
  heap_.pop_back();
  return ticket;
}

void MergeQueue::put_back(Id id, std::size_t source) {
  heap_.push_back({.id = id, .source = source, .moved = ++moves_});
  std::ranges::push_heap(heap_, comes_later);
}

}  // namespace ycpp
