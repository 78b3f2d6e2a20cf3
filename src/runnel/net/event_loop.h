// EventLoop: one thread, one epoll set, one queue of posted work: the production Executor. Sockets
// of net/ live on exactly one loop at a time; rooms live on one for ever. Loops share nothing.
//
// A turn is: wait; run every event and task that is ready (bounded, so that a flood cannot keep a
// turn from ending); run what was asked for with `at_turn_end`; write what connections have queued.
#pragma once

#include "runnel/net/net_counters.h"

#include "base/executor.h"
#include "base/time_source.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

namespace runnel::net {

struct LoopImpl;

// Called on the loop's thread when a task let an exception escape. The loop goes on.
using ExceptionHook = std::function<void(std::string_view what)>;

class EventLoop final : public Executor {
 public:
  explicit EventLoop(TimeSource& time, std::size_t index = 0, ExceptionHook on_exception = {});
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  EventLoop(EventLoop&&) = delete;
  EventLoop& operator=(EventLoop&&) = delete;
  ~EventLoop() override;

  // Executor. A burst of posts from other threads wakes the loop once.
  void post(Task task) override;
  void at_turn_end(Task task) override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override;
  [[nodiscard]] bool is_current() const override;

  // Runs turns on the calling thread until `stop`, which any thread may call; that thread has
  // SIGPIPE blocked from then on. What is posted and was not run by then is destroyed with the
  // loop.
  void run();
  void stop();

  // Which loop of its group this is, from 0.
  [[nodiscard]] std::size_t index() const;
  [[nodiscard]] TimeSource& time() const;
  [[nodiscard]] NetCounters& counters();

  // For the sources of net/ only.
  [[nodiscard]] LoopImpl& impl() { return *impl_; }

 private:
  std::unique_ptr<LoopImpl> impl_;
};

// N loops, each on its own thread between `start` and `stop`.
class LoopGroup {
 public:
  LoopGroup(std::size_t count, TimeSource& time, const ExceptionHook& on_exception = {});
  LoopGroup(const LoopGroup&) = delete;
  LoopGroup& operator=(const LoopGroup&) = delete;
  LoopGroup(LoopGroup&&) = delete;
  LoopGroup& operator=(LoopGroup&&) = delete;
  ~LoopGroup();

  void start();

  // Stops the loops and joins their threads; idempotent. Not from a loop's thread.
  void stop();

  [[nodiscard]] std::size_t size() const { return loops_.size(); }

  [[nodiscard]] EventLoop& at(std::size_t index) { return *loops_[index]; }

  // The loop that a room with this hash of its name lives on.
  [[nodiscard]] EventLoop& for_hash(std::size_t hash) { return *loops_[hash % loops_.size()]; }

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace runnel::net
