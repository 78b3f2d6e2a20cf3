#include "base/testing/test_numbers.h"
#include "sim_run.h"
#include <gtest/gtest.h>

namespace runnel::simulation {
namespace {

constexpr std::uint64_t kParts = 10;

// The seeds in ten parts, so that they run side by side and none takes too long.
class SimulationTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SimulationTest, replicas_converge_and_nothing_is_lost_through_crashes_and_bad_networks) {
  const std::uint64_t replayed = seed_of_run(0);
  const std::uint64_t per_part = number_from("RUNNEL_SEEDS", 1000) / kParts;
  std::uint64_t first = 1 + GetParam() * per_part;
  std::uint64_t end = first + per_part;
  if (replayed != 0) {
    if (GetParam() != 0) GTEST_SKIP() << "one seed is replayed in the first part";
    first = replayed;
    end = replayed + 1;
  }
  SimRun::Counts all;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    SimRun run(seed);
    run.run();
    for (const std::string& failure : run.failures()) ADD_FAILURE() << failure;
    if (HasFailure()) FAIL() << "replay with RUNNEL_SEED=" << seed;
    all.kills += run.counts().kills;
    all.power_cuts += run.counts().power_cuts;
    all.stops += run.counts().stops;
    all.durable_changes += run.counts().durable_changes;
    all.sent_updates += run.counts().sent_updates;
    all.disk_faults += run.counts().disk_faults;
  }
  RecordProperty("kills", all.kills);
  if (replayed != 0 || per_part < 20) return;
  // Seeds that reach nothing would prove nothing.
  EXPECT_GT(all.kills, 0);
  EXPECT_GT(all.power_cuts, 0);
  EXPECT_GT(all.stops, 0);
  EXPECT_GT(all.durable_changes, 0);
  EXPECT_GT(all.sent_updates, 0);
  EXPECT_GT(all.disk_faults, 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationTest, testing::Range<std::uint64_t>(0, kParts));

TEST(SimulationReplayTest, a_seed_replays_exactly) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SimRun one(seed);
    SimRun two(seed);
    one.run();
    two.run();
    EXPECT_EQ(one.trace(), two.trace()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace runnel::simulation
