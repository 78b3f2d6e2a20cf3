#include "ycpp/state_vector.h"

#include <gtest/gtest.h>

namespace ycpp {
namespace {

using Entry = StateVector::Entry;

StateVector make(std::vector<Entry> entries) {
  return StateVector::from_entries(std::move(entries));
}

TEST(StateVector, writes_larger_clients_first) {
  const StateVector vector = make({{ClientId{1}, 2}, {ClientId{300}, 7}, {ClientId{5}, 128}});
  EXPECT_EQ(vector.encode(), (Bytes{3, 0xAC, 0x02, 7, 5, 0x80, 0x01, 1, 2}));
}

TEST(StateVector, of_two_entries_of_a_client_the_later_one_counts) {
  const auto decoded = StateVector::decode(Bytes{3, 1, 9, 2, 5, 1, 4});
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, make({{ClientId{1}, 4}, {ClientId{2}, 5}}));
}

TEST(StateVector, an_unknown_client_is_at_clock_zero) {
  StateVector vector;
  vector.set(ClientId{7}, 3);
  vector.raise(ClientId{7}, 2);
  vector.raise(ClientId{9}, 1);
  EXPECT_EQ(vector.clock(ClientId{7}), 3U);
  EXPECT_EQ(vector.clock(ClientId{8}), 0U);
  EXPECT_EQ(vector.clock(ClientId{9}), 1U);
}

TEST(StateVector, covers_what_it_knows_and_nothing_else) {
  const StateVector more = make({{ClientId{1}, 5}, {ClientId{2}, 5}});
  EXPECT_TRUE(more.covers(make({{ClientId{1}, 5}, {ClientId{9}, 0}})));
  EXPECT_FALSE(more.covers(make({{ClientId{2}, 6}})));
  EXPECT_FALSE(more.covers(make({{ClientId{3}, 1}})));
  EXPECT_TRUE(more.covers(StateVector{}));
}

TEST(StateVector, merging_takes_the_higher_clock_of_each) {
  StateVector vector = make({{ClientId{1}, 5}, {ClientId{2}, 1}});
  vector.merge(make({{ClientId{2}, 4}, {ClientId{3}, 1}, {ClientId{1}, 2}}));
  EXPECT_EQ(vector, make({{ClientId{1}, 5}, {ClientId{2}, 4}, {ClientId{3}, 1}}));
}

TEST(StateVector, names_the_byte_of_what_it_cannot_read) {
  const auto truncated = StateVector::decode(Bytes{2, 1, 9, 2});
  ASSERT_FALSE(truncated);
  EXPECT_EQ(truncated.error().byte, 4U);
  const auto trailing = StateVector::decode(Bytes{1, 1, 9, 2});
  ASSERT_FALSE(trailing);
  EXPECT_EQ(trailing.error().byte, 3U);
}

TEST(StateVector, a_count_without_entries_reserves_nothing) {
  const Bytes huge{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F};
  EXPECT_FALSE(StateVector::decode(huge));
}

}  // namespace
}  // namespace ycpp
