// A worker thread and those who borrow it: nobody runs beside anybody else, and nothing that is
// posted or due is forgotten.
#include "runnel/storage/worker_thread.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace runnel::storage {
namespace {

void run_on(WorkerThread& worker, const std::function<void()>& work) {
  std::promise<void> done;
  worker.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

// Waits until the worker has ended the turn in which it ran what was posted.
void wait_until_idle(WorkerThread& worker) {
  run_on(worker, [] {});
  while (!worker.try_run([] {})) std::this_thread::yield();
}

TEST(WorkerThreadTest, a_borrowed_turn_runs_on_the_callers_thread_to_its_end) {
  WorkerThread worker("worker");
  wait_until_idle(worker);
  std::vector<std::thread::id> ran_on;
  const auto note = [&ran_on] { ran_on.push_back(std::this_thread::get_id()); };
  ASSERT_TRUE(worker.try_run([&] {
    worker.at_turn_end(note);
    note();
  }));
  EXPECT_EQ(ran_on, std::vector(2, std::this_thread::get_id()));
}

TEST(WorkerThreadTest, who_is_at_work_is_not_lent) {
  WorkerThread worker("worker");
  std::promise<void> begun;
  std::promise<void> go_on;
  worker.post([&] {
    begun.set_value();
    go_on.get_future().wait();
  });
  begun.get_future().wait();
  EXPECT_FALSE(worker.try_run([] { FAIL(); }));
  go_on.set_value();
  wait_until_idle(worker);
  ASSERT_TRUE(worker.try_run([&] { EXPECT_FALSE(worker.try_run([] { FAIL(); })); }));
  worker.stop();
  EXPECT_FALSE(worker.try_run([] { FAIL(); }));
}

TEST(WorkerThreadTest, what_is_posted_meanwhile_runs_when_the_borrower_has_left) {
  WorkerThread worker("worker");
  wait_until_idle(worker);
  std::promise<void> ran;
  std::atomic<bool> is_borrowed{false};
  ASSERT_TRUE(worker.try_run([&] {
    is_borrowed = true;
    worker.post([&] {
      EXPECT_FALSE(is_borrowed);
      ran.set_value();
    });
    is_borrowed = false;
  }));
  ran.get_future().wait();
}

TEST(WorkerThreadTest, a_timer_of_the_borrower_wakes_the_thread) {
  WorkerThread worker("worker");
  wait_until_idle(worker);
  std::promise<void> later;
  std::promise<void> ran;
  ASSERT_TRUE(worker.try_run([&] { worker.after(std::chrono::hours(1), [] { FAIL(); }); }));
  // Earlier than what the thread sleeps until by now.
  std::thread::id on;
  ASSERT_TRUE(worker.try_run([&] {
    worker.after(Duration(1), [&] {
      on = std::this_thread::get_id();
      ran.set_value();
    });
  }));
  ran.get_future().wait();
  EXPECT_NE(on, std::this_thread::get_id());
}

TEST(WorkerThreadTest, nobody_runs_beside_anybody_else) {
  constexpr int kRounds = 5000;
  WorkerThread worker("worker");
  int turns = 0;  // not atomic: the thread sanitizer would see two who count at once
  int expected = 0;
  std::atomic<int> borrowed{0};
  std::array<std::thread, 2> others;
  for (std::thread& other : others) {
    other = std::thread([&] {
      for (int i = 0; i < kRounds; ++i) {
        if (worker.try_run([&] { ++turns; })) {
          ++borrowed;
        } else {
          worker.post([&] { ++turns; });
        }
      }
    });
  }
  for (std::thread& other : others) other.join();
  expected = static_cast<int>(others.size()) * kRounds;
  int counted = 0;
  run_on(worker, [&] { counted = turns; });
  EXPECT_EQ(counted, expected);
  RecordProperty("borrowed", borrowed.load());
}

}  // namespace
}  // namespace runnel::storage
