#include "runnel/storage/worker_thread.h"

#include <pthread.h>

#include <algorithm>

namespace runnel::storage {

WorkerThread::WorkerThread(std::string name) : thread_([this] { run(); }) {
  name.resize(std::min<std::size_t>(name.size(), 15));
  pthread_setname_np(thread_.native_handle(), name.c_str());
}

WorkerThread::~WorkerThread() { stop(); }

void WorkerThread::post(Task task) {
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) wake_.notify_one();
}

void WorkerThread::at_turn_end(Task task) { turn_end_.push_back(std::move(task)); }

TimerId WorkerThread::after(Duration delay, Task task) {
  const std::uint64_t id = next_timer_++;
  const TimerKey key{Clock::now() + delay, id};
  timers_.emplace(key, std::move(task));
  timer_keys_.emplace(id, key);
  return TimerId(id);
}

void WorkerThread::cancel(TimerId timer) {
  const auto found = timer_keys_.find(timer.value());
  if (found == timer_keys_.end()) return;
  timers_.erase(found->second);
  timer_keys_.erase(found);
}

bool WorkerThread::is_current() const { return std::this_thread::get_id() == thread_.get_id(); }

void WorkerThread::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void WorkerThread::take_due_timers(std::vector<Task>& tasks) {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto due = timers_.extract(timers_.begin());
    timer_keys_.erase(due.key().second);
    tasks.push_back(std::move(due.mapped()));
  }
}

void WorkerThread::run_turn(std::vector<Task>& tasks) {
  for (Task& task : tasks) task();
  tasks.clear();
  run_turn_end();
}

void WorkerThread::run_turn_end() {
  while (!turn_end_.empty()) {
    Task task = std::move(turn_end_.front());
    turn_end_.pop_front();
    task();
  }
}

bool WorkerThread::try_run(const std::function<void()>& task) {
  {
    const std::scoped_lock lock(mutex_);
    if (busy_ || stopping_ || !posted_.empty()) return false;
    busy_ = true;
  }
  task();
  run_turn_end();
  bool must_wake = false;
  {
    const std::scoped_lock lock(mutex_);
    busy_ = false;
    const bool earlier_timer = !timers_.empty() && timers_.begin()->first.first < sleeps_until_;
    must_wake = stopping_ || !posted_.empty() || earlier_timer;
  }
  if (must_wake) wake_.notify_one();
  return true;
}

// Returns when the thread may begin a turn and has something to do in it.
void WorkerThread::wait_for_work(std::unique_lock<std::mutex>& lock) {
  while (true) {
    // Whoever is in a turn wakes this thread if need be, and the timers are theirs until then.
    auto until = Clock::time_point::max();
    if (!busy_) {
      if (stopping_ || !posted_.empty()) return;
      if (!timers_.empty()) until = timers_.begin()->first.first;
      if (until <= Clock::now()) return;
    }
    sleeps_until_ = until;
    if (until == Clock::time_point::max()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, until);
    }
  }
}

void WorkerThread::run() {
  std::vector<Task> tasks;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      busy_ = false;
      wait_for_work(lock);
      tasks.swap(posted_);
      if (tasks.empty() && stopping_) return;
      busy_ = true;
    }
    take_due_timers(tasks);
    run_turn(tasks);
  }
}

}  // namespace runnel::storage
