#include "base/testing/test_numbers.h"
#include "sim_outage.h"
#include <gtest/gtest.h>

namespace runnel::simulation {
namespace {

TEST(OutageSimulationTest, ten_minutes_without_the_backend_lose_nothing_and_cost_few_calls) {
  const std::uint64_t replayed = seed_of_run(0);
  const std::uint64_t first = replayed == 0 ? 1 : replayed;
  const std::uint64_t end =
      replayed == 0 ? first + number_from("RUNNEL_OUTAGE_SEEDS", 40) : first + 1;
  SimOutage::Counts all;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    SimOutage run(seed);
    run.run();
    for (const std::string& failure : run.failures()) ADD_FAILURE() << failure;
    if (HasFailure()) FAIL() << "replay with RUNNEL_SEED=" << seed;
    all.restarts += run.counts().restarts;
    all.slow_clients += run.counts().slow_clients;
    all.calls_while_down += run.counts().calls_while_down;
    all.largest_queue = std::max(all.largest_queue, run.counts().largest_queue);
  }
  RecordProperty("restarts", all.restarts);
  RecordProperty("slow_clients", all.slow_clients);
  RecordProperty("calls_while_down", static_cast<int>(all.calls_while_down));
  RecordProperty("largest_queue", static_cast<int>(all.largest_queue));
  if (end - first < 20) return;
  EXPECT_GT(all.restarts, 0);
  EXPECT_GT(all.slow_clients, 0);
  EXPECT_GT(all.largest_queue, 10'000U);
}

TEST(OutageSimulationTest, a_seed_replays_exactly) {
  SimOutage one(7);
  SimOutage two(7);
  one.run();
  two.run();
  EXPECT_EQ(one.trace(), two.trace());
}

}  // namespace
}  // namespace runnel::simulation
