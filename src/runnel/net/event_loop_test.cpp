#include "runnel/net/event_loop.h"

#include "runnel/net/signals.h"
#include "runnel/net/testing/server_fixture.h"

#include "base/testing/manual_time.h"
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace runnel::net {
namespace {

class EventLoopTest : public testing::Test {
 protected:
  SystemTime time_;
};

TEST_F(EventLoopTest, RunsWhatManyThreadsPostInEachThreadsOrder) {
  LoopGroup loops(1, time_);
  loops.start();
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  std::vector<int> next(kThreads, 0);
  int wrong = 0;
  std::vector<std::thread> posters;
  for (int thread = 0; thread < kThreads; ++thread) {
    posters.emplace_back([&, thread] {
      for (int i = 0; i < kPosts; ++i) {
        loops.at(0).post([&, thread, i] {
          if (next[static_cast<std::size_t>(thread)]++ != i) ++wrong;
        });
      }
    });
  }
  for (std::thread& poster : posters) poster.join();
  run_on(loops.at(0), [&] {
    EXPECT_EQ(wrong, 0);
    for (const int count : next) EXPECT_EQ(count, kPosts);
  });
}

TEST_F(EventLoopTest, PostedWorkThatTakesLongGoesOnInTheNextTurn) {
  ManualTime time;
  EventLoop loop(time);
  std::string order;
  const auto work = [&](const std::string& name, Duration takes) {
    loop.post([&, name, takes] {
      order += name;
      time.advance(takes);
      loop.at_turn_end([&] { order += "."; });
    });
  };
  work("a", Duration(0));
  work("b", Duration(5));
  work("c", Duration(0));
  loop.post([&] {
    order += "d";
    work("f", Duration(0));
    loop.post([&] { loop.at_turn_end([&] { loop.stop(); }); });
  });
  work("e", Duration(0));
  loop.run();
  EXPECT_EQ(order, "ab..cdef...");
}

TEST_F(EventLoopTest, RunsTheEndOfATurnAfterAllThatIsReady) {
  ManualTime time;  // nothing takes long
  EventLoop loop(time);
  std::string order;
  for (int i = 0; i < 3; ++i) {
    loop.post([&, i] {
      order += std::to_string(i);
      loop.at_turn_end([&] { order += "e"; });
    });
  }
  loop.post([&] {
    loop.at_turn_end([&] {
      order += "(";
      loop.at_turn_end([&] {
        order += ")";
        loop.stop();
      });
    });
  });
  loop.run();
  EXPECT_EQ(order, "012eee()");
}

TEST_F(EventLoopTest, EndsATurnThoughTasksKeepPostingThemselves) {
  EventLoop loop(time_);
  std::uint64_t rounds = 0;
  std::function<void()> again = [&] {
    ++rounds;
    loop.post([&] { again(); });
  };
  loop.post([&] { again(); });
  loop.at_turn_end([&] { loop.stop(); });
  loop.run();
  EXPECT_GT(rounds, 0U);
  EXPECT_LT(rounds, 2000U);
}

TEST_F(EventLoopTest, RunsTimersInOrderAndNotTheCancelledOnes) {
  EventLoop loop(time_);
  std::string order;
  const std::int64_t begin_ms = time_.steady_ms();
  loop.after(std::chrono::milliseconds{30}, [&] {
    order += "c";
    EXPECT_GE(time_.steady_ms() - begin_ms, 30);
    loop.stop();
  });
  loop.after(std::chrono::milliseconds{20}, [&] { order += "b"; });
  const TimerId cancelled = loop.after(std::chrono::milliseconds{10}, [&] { order += "x"; });
  loop.after(std::chrono::milliseconds{0}, [&] { order += "a"; });
  loop.cancel(cancelled);
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST_F(EventLoopTest, GoesOnAfterATaskThatThrows) {
  std::string what;
  EventLoop loop(time_, 0, [&](std::string_view text) { what = text; });
  bool went_on = false;
  // The library throws, as it may anywhere: our own code never does.
  loop.post([] { std::ignore = std::vector<int>().at(1); });
  loop.post([&] {
    went_on = true;
    loop.stop();
  });
  loop.run();
  EXPECT_FALSE(what.empty());
  EXPECT_TRUE(went_on);
}

TEST_F(EventLoopTest, KnowsItsThread) {
  LoopGroup loops(2, time_);
  loops.start();
  EXPECT_FALSE(loops.at(0).is_current());
  run_on(loops.at(1), [&] {
    EXPECT_TRUE(loops.at(1).is_current());
    EXPECT_FALSE(loops.at(0).is_current());
  });
  EXPECT_EQ(&loops.for_hash(7), &loops.at(1));
}

TEST_F(EventLoopTest, ReportsSignals) {
  EventLoop loop(time_);
  std::vector<int> seen;
  const SignalWatcher watcher(loop, {SIGHUP, SIGUSR1}, [&](int signal) {
    seen.push_back(signal);
    if (seen.size() == 2) loop.stop();
    if (seen.size() == 1) ::raise(SIGUSR1);
  });
  loop.post([] { ::raise(SIGHUP); });
  loop.run();
  EXPECT_EQ(seen, (std::vector{SIGHUP, SIGUSR1}));
}

}  // namespace
}  // namespace runnel::net
