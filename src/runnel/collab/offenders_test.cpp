#include "runnel/collab/offenders.h"

#include <gtest/gtest.h>

namespace runnel::collab {
namespace {

TEST(Offenders, StayAwayLongerWithEveryOffenceAndAreForgivenInTheEnd) {
  Offenders offenders;
  offenders.add("pk", 0);
  EXPECT_EQ(offenders.retry_after_ms("pk", 0), 10'000);
  EXPECT_EQ(offenders.retry_after_ms("pk", 10'000), 0);
  offenders.add("pk", 10'000);
  EXPECT_EQ(offenders.retry_after_ms("pk", 10'000), 20'000);
  for (int i = 0; i < 20; ++i) offenders.add("pk", 20'000);
  EXPECT_EQ(offenders.retry_after_ms("pk", 20'000), 600'000);
  offenders.add("other", 2'000'000);
  offenders.add("pk", 2'000'000);
  EXPECT_EQ(offenders.retry_after_ms("pk", 2'000'000), 10'000);
}

TEST(Offenders, AreBoundedAndAnEmptyKeyIsNobodys) {
  Offenders offenders(
      {.first = std::chrono::seconds(10), .last = std::chrono::minutes(10), .keys = 2});
  offenders.add("", 0);
  EXPECT_EQ(offenders.retry_after_ms("", 0), 0);
  offenders.add("a", 0);
  offenders.add("b", 1);
  offenders.add("c", 2);
  EXPECT_EQ(offenders.retry_after_ms("a", 2), 0);
  EXPECT_GT(offenders.retry_after_ms("b", 2), 0);
  EXPECT_GT(offenders.retry_after_ms("c", 2), 0);
}

}  // namespace
}  // namespace runnel::collab
