#include "runnel/collab/rate_meter.h"

#include <gtest/gtest.h>

namespace runnel::collab {
namespace {

TEST(RateMeter, TellsASteadyRateAndForgetsItWhenItStops) {
  RateMeter meter;
  std::int64_t now_ms = 20'000;
  for (int i = 0; i < 200; ++i) meter.add(now_ms += 100);
  EXPECT_NEAR(static_cast<double>(meter.per_1000_seconds(now_ms)), 10'000, 400);
  EXPECT_GT(meter.per_1000_seconds(now_ms + 2'000), 0);
  EXPECT_EQ(meter.per_1000_seconds(now_ms + 11'000), 0);
}

TEST(RateMeter, OneEventIsARateAsWell) {
  RateMeter meter;
  EXPECT_EQ(meter.per_1000_seconds(0), 0);
  meter.add(100'000);
  EXPECT_EQ(meter.per_1000_seconds(100'000), 200);
}

}  // namespace
}  // namespace runnel::collab
