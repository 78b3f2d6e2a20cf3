#include "sim_scheduler.h"

#include <algorithm>

namespace runnel::simulation {

std::int64_t Scheduler::between(std::int64_t least, std::int64_t most) {
  return least +
         static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most - least + 1)));
}

void Scheduler::after(std::int64_t delay_ms, Task task) {
  events_.emplace(std::pair(now_ms() + delay_ms, next_event_++), std::move(task));
}

bool Scheduler::run_due_event() {
  if (events_.empty() || events_.begin()->first.first > now_ms()) return false;
  auto event = events_.extract(events_.begin());
  note(event.key().second);
  event.mapped()();
  return true;
}

bool Scheduler::run_one() {
  // One place among the executors is that of the outside world.
  const std::size_t places = executors_.size() + 1;
  const std::size_t first = random_.below(places);
  for (std::size_t i = 0; i < places; ++i) {
    const std::size_t place = (first + i) % places;
    if (place == executors_.size()) {
      if (run_due_event()) return true;
      continue;
    }
    ManualExecutor& executor = *executors_[place];
    executor.move_due_timers();
    if (executor.run_one()) {
      note(place);
      return true;
    }
  }
  return false;
}

void Scheduler::run_until(std::int64_t end_ms) {
  while (true) {
    while (run_one()) {
    }
    std::int64_t next_ms = end_ms;
    if (!events_.empty()) next_ms = std::min(next_ms, events_.begin()->first.first);
    for (const ManualExecutor* executor : executors_) {
      const std::int64_t timer_ms = executor->next_timer_ms();
      if (timer_ms >= 0) next_ms = std::min(next_ms, timer_ms);
    }
    if (next_ms > now_ms()) time_.advance(Duration(next_ms - now_ms()));
    if (now_ms() >= end_ms) break;
  }
  while (run_one()) {
  }
}

}  // namespace runnel::simulation
