// The way from storage's threads back to one event loop. Outlives both: after detach() nothing
// reaches the loop any more.
#pragma once

#include "runnel/storage/room_store.h"

#include "base/executor.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace runnel::storage {

class LoopPort {
 public:
  explicit LoopPort(Executor& loop) : loop_(&loop) {}

  // Runs `task` on the loop unless detach() comes first. Any thread; `self` keeps the port alive.
  static void post(const std::shared_ptr<LoopPort>& self, Task task) {
    const std::scoped_lock lock(self->mutex_);
    if (self->loop_ == nullptr) return;
    self->waiting_.fetch_add(1, std::memory_order_relaxed);
    self->loop_->post([self, task = std::move(task)]() mutable {
      self->waiting_.fetch_sub(1, std::memory_order_relaxed);
      if (self->attached_) task();
    });
  }

  // On the loop.
  void detach() {
    attached_ = false;
    const std::scoped_lock lock(mutex_);
    loop_ = nullptr;
  }

  // On the loop.
  [[nodiscard]] bool is_attached() const { return attached_; }

  // On the loop: whether something that was posted has not run yet.
  [[nodiscard]] bool has_waiting() const { return waiting_.load(std::memory_order_relaxed) > 0; }

  // On the loop.
  RoomStore::DurableListener durable_listener;

 private:
  std::atomic<std::uint32_t> waiting_{0};
  std::mutex mutex_;
  Executor* loop_;       // guarded by mutex_
  bool attached_{true};  // of the loop
};

}  // namespace runnel::storage
