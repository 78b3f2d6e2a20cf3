#include "runnel/net/event_loop.h"

#include "runnel/net/loop_impl.h"

#include "base/check.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <iterator>
#include <utility>

namespace runnel::net {

namespace {

// Posted work that takes longer than this in one turn goes on in the next one: what the first of it
// has sent leaves before the last of it runs.
constexpr std::int64_t kPostedMsPerTurn = 2;

// Posted work may post more; what goes round longer waits a turn.
constexpr int kPostedPasses = 16;

// Work for the end of a turn may ask for more such work; what goes round longer waits a turn.
constexpr int kTurnEndPasses = 16;

// One read takes up to so much; larger messages arrive in several.
constexpr std::size_t kReadBufferBytes = std::size_t{64} * 1024;

// Small messages are gathered here for one write; a TLS record holds 16 KiB.
constexpr std::size_t kWriteBufferBytes = std::size_t{16} * 1024;

constexpr std::int64_t kLongestWaitMs = 60'000;

// OpenSSL writes to its descriptor in a way that raises SIGPIPE when the peer has gone. Blocked,
// the signal stays pending and the write fails with an error, as elsewhere.
void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

Flushable::~Flushable() { cancel_flush(); }

void Flushable::cancel_flush() {
  if (list_ != nullptr) list_->remove(*this);
}

void FlushList::add(Flushable& flushable) {
  if (flushable.list_ != nullptr) return;
  flushable.list_ = this;
  flushable.at_ = entries_.size();
  entries_.push_back(&flushable);
}

void FlushList::remove(Flushable& flushable) {
  RUNNEL_CHECK(flushable.list_ == this);
  entries_[flushable.at_] = nullptr;
  flushable.list_ = nullptr;
}

void FlushList::flush_all() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Flushable* flushable = std::exchange(entries_[i], nullptr);
    if (flushable == nullptr) continue;
    flushable->list_ = nullptr;
    flushable->flush();
  }
  entries_.clear();
}

LoopImpl::LoopImpl(TimeSource& loop_time, std::size_t loop_index, ExceptionHook hook)
    : time(loop_time),
      index(loop_index),
      on_exception(std::move(hook)),
      read_buffer_(kReadBufferBytes),
      write_buffer_(kWriteBufferBytes) {}

void LoopImpl::post(Task task) {
  bool must_wake = false;
  {
    const std::scoped_lock lock(posted_mutex);
    posted.push_back(std::move(task));
    // One wake-up covers everything that is posted until it is handled.
    must_wake = std::exchange(is_waiting, false);
  }
  if (must_wake) poller.wake();
}

// What is posted meanwhile belongs to the same turn, as far as there is time.
void LoopImpl::run_posted() {
  const std::int64_t end_ms = time.steady_ms() + kPostedMsPerTurn;
  for (int pass = 0; pass < kPostedPasses; ++pass) {
    std::vector<Task> batch;
    {
      const std::scoped_lock lock(posted_mutex);
      is_waiting = false;
      batch.swap(posted);
    }
    if (batch.empty()) return;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      run_task(batch[i]);
      if (time.steady_ms() < end_ms) continue;
      batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(i + 1));
      put_back(std::move(batch));
      return;
    }
  }
}

// Before everything that was posted meanwhile, and behind the end of this turn.
void LoopImpl::put_back(std::vector<Task> tasks) {
  if (tasks.empty()) return;
  const std::scoped_lock lock(posted_mutex);
  tasks.insert(tasks.end(), std::make_move_iterator(posted.begin()),
               std::make_move_iterator(posted.end()));
  posted.swap(tasks);
}

// The one place where an exception ends: a task that throws must not take the loop with it.
void LoopImpl::run_task(Task& task) {
  try {
    task();
  } catch (const std::exception& error) {
    if (on_exception) on_exception(error.what());
  }
}

void LoopImpl::run() {
  thread.store(std::this_thread::get_id());
  block_sigpipe();
  while (!is_stopping.load(std::memory_order_acquire)) {
    try {
      poller.poll(wait_ms());
      run_posted();
      run_due_timers();
      finish_turn();
    } catch (const std::exception& error) {
      if (on_exception) on_exception(error.what());
    }
  }
  thread.store(std::thread::id{});
}

// How long the next turn may wait for its first event. From here on a post wakes the poller.
int LoopImpl::wait_ms() {
  if (!turn_end.empty() || !flush_list.is_empty()) return 0;
  {
    const std::scoped_lock lock(posted_mutex);
    if (!posted.empty()) return 0;
    is_waiting = true;
  }
  const std::int64_t due_ms = timers.next_due_ms();
  const std::int64_t wait = due_ms < 0 ? kLongestWaitMs : due_ms - time.steady_ms();
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, kLongestWaitMs));
}

void LoopImpl::run_due_timers() {
  if (timers.next_due_ms() < 0) return;
  const std::int64_t now_ms = time.steady_ms();
  // Only as many as there are now: a timer may add one that is due at once.
  for (std::size_t left = timers.size(); left > 0; --left) {
    Task task = timers.take_due(now_ms);
    if (!task) return;
    run_task(task);
  }
}

void LoopImpl::finish_turn() {
  for (int pass = 0; pass < kTurnEndPasses; ++pass) {
    if (turn_end.empty() && flush_list.is_empty()) return;
    std::vector<Task> batch;
    batch.swap(turn_end);
    for (Task& task : batch) run_task(task);
    if (turn_end.empty()) flush_list.flush_all();
  }
}

EventLoop::EventLoop(TimeSource& time, std::size_t index, ExceptionHook on_exception)
    : impl_(std::make_unique<LoopImpl>(time, index, std::move(on_exception))) {}

EventLoop::~EventLoop() = default;

void EventLoop::post(Task task) { impl_->post(std::move(task)); }

void EventLoop::at_turn_end(Task task) { impl_->turn_end.push_back(std::move(task)); }

TimerId EventLoop::after(Duration delay, Task task) {
  return impl_->timers.add(impl_->time.steady_ms() + delay.count(), std::move(task));
}

void EventLoop::cancel(TimerId timer) { impl_->timers.cancel(timer); }

bool EventLoop::is_current() const { return impl_->thread.load() == std::this_thread::get_id(); }

void EventLoop::run() { impl_->run(); }

void EventLoop::stop() {
  impl_->is_stopping.store(true, std::memory_order_release);
  impl_->post([] {});
}

std::size_t EventLoop::index() const { return impl_->index; }

TimeSource& EventLoop::time() const { return impl_->time; }

NetCounters& EventLoop::counters() { return impl_->counters; }

LoopGroup::LoopGroup(std::size_t count, TimeSource& time, const ExceptionHook& on_exception) {
  RUNNEL_CHECK(count > 0);
  for (std::size_t i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<EventLoop>(time, i, on_exception));
  }
}

// NOLINTNEXTLINE(bugprone-exception-escape): a thread that cannot be joined is our own bug.
LoopGroup::~LoopGroup() { stop(); }

void LoopGroup::start() {
  RUNNEL_CHECK(threads_.empty());
  for (auto& loop : loops_) threads_.emplace_back([&loop] { loop->run(); });
}

void LoopGroup::stop() {
  for (auto& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace runnel::net
