// An Executor on a thread of its own, for work that blocks: the writer, the readers, fsync.
#pragma once

#include "base/executor.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
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

  // Runs what is posted already, forgets the timers and ends the thread. Not from the thread
  // itself; what is posted later never runs.
  void stop();

 private:
  using TimerKey = std::pair<std::chrono::steady_clock::time_point, std::uint64_t>;

  void run();
  void run_turn(std::vector<Task>& tasks);
  void take_due_timers(std::vector<Task>& tasks);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> posted_;  // guarded by mutex_
  bool stopping_{false};      // guarded by mutex_

  // Only the thread touches these.
  std::deque<Task> turn_end_;
  std::map<TimerKey, Task> timers_;
  std::unordered_map<std::uint64_t, TimerKey> timer_keys_;
  std::uint64_t next_timer_{1};

  std::thread thread_;
};

}  // namespace runnel::storage
