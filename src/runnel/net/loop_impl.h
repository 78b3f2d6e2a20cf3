// The inside of an EventLoop, for the sources of net/ that wait on descriptors. Own thread only,
// but for `post` and `stop`.
#pragma once

#include "runnel/net/event_loop.h"
#include "runnel/net/poller.h"
#include "runnel/net/timer_heap.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace runnel::net {

class FlushList;

// Something with bytes to write when the turn ends. Destroying it takes it off the list.
class Flushable {
 public:
  Flushable() = default;
  Flushable(const Flushable&) = delete;
  Flushable& operator=(const Flushable&) = delete;
  Flushable(Flushable&&) = delete;
  Flushable& operator=(Flushable&&) = delete;

  // May destroy this and other flushables.
  virtual void flush() = 0;

 protected:
  virtual ~Flushable();

  // For one that leaves its loop.
  void cancel_flush();

 private:
  friend class FlushList;

  FlushList* list_{nullptr};
  std::size_t at_{0};
};

class FlushList {
 public:
  // Once per turn, however often it is asked for.
  void add(Flushable& flushable);
  void remove(Flushable& flushable);

  // Flushes what is on the list, and what comes onto it meanwhile.
  void flush_all();

  [[nodiscard]] bool is_empty() const { return entries_.empty(); }

 private:
  std::vector<Flushable*> entries_;  // null: removed
};

struct LoopImpl {
  LoopImpl(TimeSource& loop_time, std::size_t loop_index, ExceptionHook hook);
  LoopImpl(const LoopImpl&) = delete;
  LoopImpl& operator=(const LoopImpl&) = delete;
  LoopImpl(LoopImpl&&) = delete;
  LoopImpl& operator=(LoopImpl&&) = delete;
  ~LoopImpl() = default;

  void post(Task task);
  void run();
  void run_posted();
  void put_back(std::vector<Task> tasks);
  [[nodiscard]] int wait_ms();
  void run_due_timers();
  void finish_turn();
  void run_task(Task& task);

  // Where every connection of the loop reads into and gathers small writes: both are used within
  // one handler and hold nothing between handlers.
  [[nodiscard]] std::span<std::uint8_t> read_buffer() { return read_buffer_; }

  [[nodiscard]] std::span<std::uint8_t> write_buffer() { return write_buffer_; }

  TimeSource& time;
  std::size_t index;
  ExceptionHook on_exception;
  NetCounters counters;

  Poller poller;
  TimerHeap timers;
  FlushList flush_list;
  std::vector<Task> turn_end;

  std::mutex posted_mutex;
  std::vector<Task> posted;  // guarded by posted_mutex
  bool is_waiting{false};    // guarded by posted_mutex: a post has to wake the poller

  std::atomic<bool> is_stopping{false};
  std::atomic<std::thread::id> thread{};

 private:
  std::vector<std::uint8_t> read_buffer_;
  std::vector<std::uint8_t> write_buffer_;
};

}  // namespace runnel::net
