#include "ycpp/delete_set.h"

#include "base/testing/test_numbers.h"
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace ycpp {
namespace {

DeleteSet make(std::vector<DeleteSet::Range> ranges) {
  return DeleteSet::from_ranges(std::move(ranges));
}

DeleteSet::Range range(std::uint64_t client, Clock clock, Clock length) {
  return {.client = ClientId{client}, .range = {.clock = clock, .length = length}};
}

TEST(DeleteSet, joins_what_overlaps_or_touches) {
  DeleteSet set;
  set.add(ClientId{1}, 10, 5);
  set.add(ClientId{1}, 0, 3);
  set.add(ClientId{1}, 15, 1);
  set.add(ClientId{1}, 3, 2);
  set.add(ClientId{1}, 7, 0);
  EXPECT_EQ(set, make({range(1, 0, 5), range(1, 10, 6)}));
  set.add(ClientId{1}, 4, 7);
  EXPECT_EQ(set, make({range(1, 0, 16)}));
}

TEST(DeleteSet, encodes_clients_descending_in_both_formats) {
  const DeleteSet set = make({range(1, 0, 2), range(9, 4, 1), range(1, 5, 3)});
  EXPECT_EQ(set.encode(UpdateFormat::V1), (Bytes{2, 9, 1, 4, 1, 1, 2, 0, 2, 5, 3}));
  EXPECT_EQ(set.encode(UpdateFormat::V2), (Bytes{2, 9, 1, 4, 0, 1, 2, 0, 1, 3, 2}));
}

TEST(DeleteSet, refuses_ranges_beyond_what_a_clock_can_hold) {
  ByteView end =
      runnel::as_bytes(std::string_view{"\x01\x01\x01\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x0F"});
  EXPECT_FALSE(DeleteSet::decode(end, UpdateFormat::V1));
  EXPECT_FALSE(DeleteSet::decode(end, UpdateFormat::V2));
}

// What a delete set means, spelled out unit by unit.
using Units = std::set<std::pair<std::uint64_t, Clock>>;

Units units_of(const DeleteSet& set) {
  Units units;
  for (const auto& entry : set.clients()) {
    for (const auto& item : entry.ranges) {
      for (Clock clock = item.clock; clock < item.end(); ++clock) {
        units.emplace(entry.client.value(), clock);
      }
    }
  }
  return units;
}

TEST(DeleteSet, agrees_with_a_set_of_units_over_random_histories) {
  std::mt19937_64 random{runnel::seed_of_run(20'261'120)};
  RecordProperty("seed", std::to_string(runnel::seed_of_run(20'261'120)));
  for (int round = 0; round < 300; ++round) {
    DeleteSet by_add;
    DeleteSet half;
    Units expected;
    Units half_expected;
    std::vector<DeleteSet::Range> bulk;
    for (int step = 0; step < 30; ++step) {
      const auto next = range(random() % 3, random() % 60, random() % 6);
      by_add.add(next.client, next.range.clock, next.range.length);
      bulk.push_back(next);
      if (step % 2 == 0) half.add(next.client, next.range.clock, next.range.length);
      for (Clock c = next.range.clock; c < next.range.end(); ++c) {
        expected.emplace(next.client.value(), c);
        if (step % 2 == 0) half_expected.emplace(next.client.value(), c);
      }
    }
    ASSERT_EQ(units_of(by_add), expected) << "seed " << runnel::seed_of_run(20'261'120);
    ASSERT_EQ(make(bulk), by_add) << "seed " << runnel::seed_of_run(20'261'120);
    ASSERT_TRUE(by_add.covers(half)) << "seed " << runnel::seed_of_run(20'261'120);
    ASSERT_EQ(half.covers(by_add), half_expected == expected)
        << "seed " << runnel::seed_of_run(20'261'120);
    DeleteSet merged = half;
    merged.merge(by_add);
    ASSERT_EQ(merged, by_add) << "seed " << runnel::seed_of_run(20'261'120);
    for (const UpdateFormat format : {UpdateFormat::V1, UpdateFormat::V2}) {
      const auto decoded = DeleteSet::decode(by_add.encode(format), format);
      ASSERT_TRUE(decoded);
      ASSERT_EQ(*decoded, by_add) << "seed " << runnel::seed_of_run(20'261'120);
    }
    for (Clock clock = 0; clock < 70; ++clock) {
      ASSERT_EQ(by_add.contains({ClientId{1}, clock}), expected.contains({1, clock}));
    }
  }
}

}  // namespace
}  // namespace ycpp
