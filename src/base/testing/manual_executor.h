// An executor whose turns a test runs by hand, with timers under virtual time. With a seed, ready
// tasks of different executors interleave at random but reproducibly (see tests/simulation).
#pragma once

#include "base/executor.h"
#include "base/testing/manual_time.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace runnel {

class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(ManualTime& time) : time_(time) {}

  void post(Task task) override;
  void at_turn_end(Task task) override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override;

  [[nodiscard]] bool is_current() const override { return true; }

  // Runs what is posted, then what waits for the end of the turn, until nothing is left.
  // Returns how many tasks ran.
  std::size_t run_ready();

  // Moves the clock on in the steps of the timers that fall due and runs everything on the way.
  void advance(Duration by);

  // Steady time of the earliest timer; -1 without one.
  [[nodiscard]] std::int64_t next_timer_ms() const;

  // Runs one ready task; false when nothing is ready.
  bool run_one();

  // Makes the timers that are due ready; for a scheduler that picks tasks itself with run_one().
  bool move_due_timers();

 private:
  using TimerKey = std::pair<std::int64_t, std::uint64_t>;  // due at (steady ms), order of creation

  ManualTime& time_;
  std::mutex posted_mutex_;  // `post` may come from a real thread of the code under test
  std::deque<Task> posted_;
  std::deque<Task> turn_end_;
  std::map<TimerKey, Task> timers_;
  std::map<std::uint64_t, TimerKey> timer_keys_;
  std::uint64_t next_timer_{1};
};

}  // namespace runnel
