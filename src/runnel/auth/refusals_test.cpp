#include "runnel/auth/refusals.h"

#include "runnel/auth/recheck_schedule.h"

#include <gtest/gtest.h>

namespace runnel::auth {
namespace {

TEST(DenialCache, ForgetsTheOldestOverItsBoundAndEverythingInTime) {
  DenialCache cache(3);
  for (const char* key : {"a", "b", "c", "a", "d"}) {
    cache.remember(key, DenyReason::InvalidToken, 0, Duration{1000});
  }
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_FALSE(cache.find("b", 1)) << "the one not renewed for longest";
  EXPECT_TRUE(cache.find("a", 999));
  EXPECT_FALSE(cache.find("a", 1000));
  cache.forget("d");
  EXPECT_EQ(cache.size(), 2U);
  cache.remember("e", DenyReason::Forbidden, 0, Duration{1000});
  EXPECT_EQ(cache.size(), 3U);
}

TEST(RefusalLimiter, LetsABurstThroughAndThenItsRate) {
  RefusalLimiter limiter({.burst = 5, .per_second = 2});
  int let_through = 0;
  for (int ms = 0; ms < 10'000; ms += 10) {
    if (!limiter.reserve("a", ms)) ++let_through;
  }
  EXPECT_GE(let_through, 5 + 19);
  EXPECT_LE(let_through, 5 + 20);
  EXPECT_FALSE(limiter.reserve("b", 10'000)) << "addresses do not share";
}

TEST(RefusalLimiter, MemoryIsBoundedUnderAddressesFromEverywhere) {
  RefusalLimiter limiter({.addresses_max = 100});
  for (int i = 0; i < 10'000; ++i) (void)limiter.reserve(std::to_string(i), 0);
  EXPECT_LE(limiter.size(), 100U);
}

TEST(RecheckSchedule, AsksEverySubjectOncePerIntervalWhateverComesAndGoes) {
  SeededRandom random(11);
  RecheckSchedule schedule({.interval = std::chrono::seconds(30), .in_flight_max = 4});
  constexpr std::uint64_t kSubjects = 200;
  std::map<Subject, int> asked;
  for (std::uint64_t i = 0; i < kSubjects; ++i) {
    const Subject subject{{"main", "doc-" + std::to_string(i % 10)}, std::to_string(i), {}};
    schedule.add(subject, ConnectionId{i}, false, random, 0);
    schedule.add(subject, ConnectionId{i + kSubjects}, false, random, 0);
  }
  std::size_t most = 0;
  for (std::int64_t now = 0; now <= 300'000; now += 100) {
    const std::vector<Subject> due = schedule.take_due(now);
    most = std::max(most, due.size());
    for (const Subject& subject : due) {
      ++asked[subject];
      schedule.answered(subject, random, now);
    }
  }
  EXPECT_LE(most, 4U);
  EXPECT_EQ(asked.size(), kSubjects);
  for (const auto& [subject, times] : asked) {
    EXPECT_GE(times, 9) << subject.user_id;
    EXPECT_LE(times, 12) << subject.user_id;
  }
}

TEST(RecheckSchedule, APushDuringAQuestionAsksAgainAfterIt) {
  SeededRandom random(1);
  RecheckSchedule schedule({.interval = std::chrono::seconds(30)});
  const Subject subject{{"main", "doc-1"}, "ada", {}};
  schedule.add(subject, ConnectionId{1}, false, random, 0);
  EXPECT_EQ(schedule.make_due({"main", "doc-1"}, 0), 1U);
  EXPECT_EQ(schedule.take_due(0).size(), 1U);
  EXPECT_EQ(schedule.make_due({"main", "doc-1"}, 0), 1U);
  EXPECT_TRUE(schedule.take_due(0).empty());
  schedule.answered(subject, random, 5);
  EXPECT_EQ(schedule.take_due(5).size(), 1U);
}

TEST(RecheckSchedule, WithIntervalZeroOnlyPushesAsk) {
  SeededRandom random(1);
  RecheckSchedule schedule({.interval = Duration{0}});
  const Subject subject{{"main", "doc-1"}, "ada", {}};
  schedule.add(subject, ConnectionId{1}, true, random, 0);
  EXPECT_EQ(schedule.next_due_ms(), -1);
  EXPECT_EQ(schedule.make_due({"main", "doc-1"}, 7), 1U);
  EXPECT_EQ(schedule.take_due(7).size(), 1U);
  schedule.answered(subject, random, 8);
  EXPECT_EQ(schedule.next_due_ms(), -1);
}

TEST(RecheckSchedule, ALeaverInFlightIsForgottenWithItsAnswer) {
  SeededRandom random(1);
  RecheckSchedule schedule({.interval = std::chrono::seconds(30)});
  const Subject subject{{"main", "doc-1"}, "ada", {}};
  schedule.add(subject, ConnectionId{1}, false, random, 0);
  (void)schedule.take_due(30'000);
  schedule.remove(subject, ConnectionId{1});
  EXPECT_EQ(schedule.subjects(), 1U);
  schedule.answered(subject, random, 30'001);
  EXPECT_EQ(schedule.subjects(), 0U);
}

}  // namespace
}  // namespace runnel::auth
