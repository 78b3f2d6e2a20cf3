#include "runnel/storage/worker_thread.h"

#include <pthread.h>

#include <chrono>

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
  const TimerKey key{std::chrono::steady_clock::now() + delay, id};
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
  const auto now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto due = timers_.extract(timers_.begin());
    timer_keys_.erase(due.key().second);
    tasks.push_back(std::move(due.mapped()));
  }
}

void WorkerThread::run_turn(std::vector<Task>& tasks) {
  for (Task& task : tasks) task();
  tasks.clear();
  while (!turn_end_.empty()) {
    Task task = std::move(turn_end_.front());
    turn_end_.pop_front();
    task();
  }
}

void WorkerThread::run() {
  std::vector<Task> tasks;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const auto awake = [this] { return stopping_ || !posted_.empty(); };
      if (timers_.empty()) {
        wake_.wait(lock, awake);
      } else {
        wake_.wait_until(lock, timers_.begin()->first.first, awake);
      }
      tasks.swap(posted_);
      if (tasks.empty() && stopping_) return;
    }
    take_due_timers(tasks);
    run_turn(tasks);
  }
}

}  // namespace runnel::storage
