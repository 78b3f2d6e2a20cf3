// An Executor on a thread of its own, for work that blocks: the writer, the readers, fsync. While
// the thread has nothing to do another one may do a piece of its work, which saves waking it.
#pragma once

#include "base/executor.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace runnel::storage {

class WorkerThread final : public Executor {
 public:
  // `name` is what ps and a debugger show, at most 15 bytes.
  explicit WorkerThread(std::string name);
  ~WorkerThread() override;

  void post(Task task) override;
  void at_turn_end(Task task) override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override;
  [[nodiscard]] bool is_current() const override;

  // Runs `task` on the calling thread as a turn of this executor, if that has nothing to do right
  // now; what is posted meanwhile waits. False: it did not run. Any thread; `task` must not throw.
  bool try_run(const std::function<void()>& task);

  // Runs what is posted already, forgets the timers and ends the thread. Not from the thread
  // itself; what is posted later never runs.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  using TimerKey = std::pair<Clock::time_point, std::uint64_t>;

  void run();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void run_turn(std::vector<Task>& tasks);
  void run_turn_end();
  void take_due_timers(std::vector<Task>& tasks);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> posted_;  // guarded by mutex_
  bool stopping_{false};      // guarded by mutex_
  bool busy_{false};          // guarded by mutex_: somebody is in a turn
  // Guarded by mutex_: when the thread wakes by itself.
  Clock::time_point sleeps_until_{Clock::time_point::max()};

  // Of whoever is in a turn; between turns guarded by mutex_.
  std::deque<Task> turn_end_;
  std::map<TimerKey, Task> timers_;
  std::unordered_map<std::uint64_t, TimerKey> timer_keys_;
  std::uint64_t next_timer_{1};

  std::thread thread_;
};

}  // namespace runnel::storage
