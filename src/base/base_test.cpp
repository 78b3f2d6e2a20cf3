#include "base/check.h"
#include "base/ids.h"
#include "base/random_source.h"
#include "base/testing/manual_executor.h"
#include <gtest/gtest.h>

#include <vector>

namespace runnel {
namespace {

TEST(RoomIdTest, an_external_name_carries_the_party_unless_it_is_main) {
  EXPECT_EQ((RoomId{"main", "doc-a"}).external_name(), "doc-a");
  EXPECT_EQ((RoomId{"presence", "w1"}).external_name(), "presence-w1");
}

TEST(RoomIdTest, a_bad_name_is_refused_with_what_is_wrong) {
  EXPECT_FALSE(RoomId::create("main", ""));
  EXPECT_FALSE(RoomId::create("main", std::string(513, 'a')));
  EXPECT_TRUE(RoomId::create("main", std::string(512, 'a')));
  const auto control = RoomId::create("main", "ab\ncd");
  ASSERT_FALSE(control);
  EXPECT_EQ(control.error().byte, 2U);
  EXPECT_TRUE(RoomId::create("main", "a%20b/é"));
}

TEST(RoomIdTest, the_type_ends_at_the_first_dash) {
  EXPECT_EQ(split_type("doc-ab-cd").type, "doc");
  EXPECT_EQ(split_type("doc-ab-cd").id, "ab-cd");
  EXPECT_EQ(split_type("plain").type, "");
  EXPECT_EQ(split_type("plain").id, "plain");
}

TEST(SeededRandomTest, the_same_seed_gives_the_same_numbers_within_the_bound) {
  SeededRandom a(7);
  SeededRandom b(7);
  for (int i = 0; i < 1000; ++i) {
    const auto value = a.below(10);
    EXPECT_LT(value, 10U);
    EXPECT_EQ(value, b.below(10));
  }
}

TEST(ManualExecutorTest, timers_run_in_order_under_virtual_time) {
  ManualTime time;
  ManualExecutor executor(time);
  std::vector<int> ran;
  executor.after(Duration(20), [&] { ran.push_back(2); });
  executor.after(Duration(10), [&] {
    ran.push_back(1);
    executor.after(Duration(5), [&] { ran.push_back(15); });
  });
  const TimerId cancelled = executor.after(Duration(12), [&] { ran.push_back(99); });
  executor.cancel(cancelled);
  executor.advance(Duration(19));
  EXPECT_EQ(ran, (std::vector{1, 15}));
  executor.advance(Duration(1));
  EXPECT_EQ(ran, (std::vector{1, 15, 2}));
}

TEST(ManualExecutorTest, the_end_of_a_turn_comes_after_what_is_posted) {
  ManualTime time;
  ManualExecutor executor(time);
  std::vector<int> ran;
  executor.at_turn_end([&] { ran.push_back(3); });
  executor.post([&] { ran.push_back(1); });
  executor.post([&] { ran.push_back(2); });
  executor.run_ready();
  EXPECT_EQ(ran, (std::vector{1, 2, 3}));
}

TEST(CheckDeathTest, a_broken_invariant_aborts_and_names_itself) {
  EXPECT_DEATH(RUNNEL_CHECK(1 + 1 == 3), "1 \\+ 1 == 3 does not hold");
}

}  // namespace
}  // namespace runnel
