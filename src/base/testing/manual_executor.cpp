#include "base/testing/manual_executor.h"

#include <optional>

namespace runnel {

void ManualExecutor::post(Task task) {
  const std::scoped_lock lock(posted_mutex_);
  posted_.push_back(std::move(task));
}

void ManualExecutor::at_turn_end(Task task) { turn_end_.push_back(std::move(task)); }

TimerId ManualExecutor::after(Duration delay, Task task) {
  const std::uint64_t id = next_timer_++;
  const TimerKey key{time_.steady_ms() + delay.count(), id};
  timers_.emplace(key, std::move(task));
  timer_keys_.emplace(id, key);
  return TimerId(id);
}

void ManualExecutor::cancel(TimerId timer) {
  const auto found = timer_keys_.find(timer.value());
  if (found == timer_keys_.end()) return;
  timers_.erase(found->second);
  timer_keys_.erase(found);
}

bool ManualExecutor::run_one() {
  std::optional<Task> task;
  {
    const std::scoped_lock lock(posted_mutex_);
    if (!posted_.empty()) {
      task = std::move(posted_.front());
      posted_.pop_front();
    }
  }
  if (!task && !turn_end_.empty()) {
    task = std::move(turn_end_.front());
    turn_end_.pop_front();
  }
  if (!task) return false;
  (*task)();
  return true;
}

std::size_t ManualExecutor::run_ready() {
  std::size_t ran = 0;
  do {
    while (run_one()) ++ran;
  } while (move_due_timers());
  return ran;
}

bool ManualExecutor::move_due_timers() {
  bool moved = false;
  while (!timers_.empty() && timers_.begin()->first.first <= time_.steady_ms()) {
    auto first = timers_.extract(timers_.begin());
    timer_keys_.erase(first.key().second);
    post(std::move(first.mapped()));
    moved = true;
  }
  return moved;
}

void ManualExecutor::advance(Duration by) {
  const std::int64_t end_ms = time_.steady_ms() + by.count();
  run_ready();
  while (!timers_.empty() && timers_.begin()->first.first <= end_ms) {
    const std::int64_t due_ms = timers_.begin()->first.first;
    if (due_ms > time_.steady_ms()) time_.advance(Duration(due_ms - time_.steady_ms()));
    run_ready();
  }
  time_.advance(Duration(end_ms - time_.steady_ms()));
  run_ready();
}

std::int64_t ManualExecutor::next_timer_ms() const {
  return timers_.empty() ? -1 : timers_.begin()->first.first;
}

}  // namespace runnel
