#include "base/check.h"
#include "base/ids.h"
#include "base/random_source.h"
#include "base/read_stream.h"
#include "base/testing/manual_executor.h"
#include "base/utf8.h"
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
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

TEST(RoomIdTest, a_name_that_is_not_utf8_is_refused_at_its_first_wrong_byte) {
  const auto broken = RoomId::create("main", "ab\xff");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().byte, 2U);
}

TEST(Utf8Test, every_wrong_form_is_found_where_it_begins) {
  constexpr auto kNone = std::string_view::npos;
  for (const char* const good :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(find_invalid_utf8(good), kNone);
    EXPECT_EQ(find_invalid_utf8(std::string("x") + good + "y"), kNone);
  }
  for (const char* const bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
                                "\xe2\x82", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98",
                                "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(find_invalid_utf8(std::string("é") + bad), 2U);
    EXPECT_EQ(find_invalid_utf8(std::string("é") + bad + "y"), 2U);
  }
}

TEST(ReadStreamTest, a_folder_and_a_closed_file_are_errors_and_an_empty_file_is_not) {
  std::ifstream folder("/tmp", std::ios::binary);
  const auto read = read_stream(folder, "/tmp");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().detail, "/tmp: cannot be read");
  std::ifstream missing("/nonexistent/file", std::ios::binary);
  EXPECT_FALSE(read_stream(missing, "it"));
  std::istringstream empty;
  EXPECT_EQ(read_stream(empty, "it").value(), "");
  const std::string much(200'000, 'm');
  std::istringstream full(much);
  EXPECT_EQ(read_stream(full, "it").value(), much);
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
