#include "runnel/server/metric_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricPage, HasAHelpAndATypeForEachName) {
  MetricPage page;
  page.counter("runnel_bytes_total", "Bytes read", 12);
  page.gauge("runnel_rooms", "Rooms in memory", 3);
  EXPECT_EQ(page.text(),
            "# HELP runnel_bytes_total Bytes read\n"
            "# TYPE runnel_bytes_total counter\n"
            "runnel_bytes_total 12\n"
            "# HELP runnel_rooms Rooms in memory\n"
            "# TYPE runnel_rooms gauge\n"
            "runnel_rooms 3\n");
}

TEST(MetricPage, AReasonIsALabel) {
  MetricPage page;
  page.counter_by_reason("runnel_ended_total", "Ended", {{"timeout", 2}, {"tls", 0}});
  EXPECT_THAT(page.text(), HasSubstr("runnel_ended_total{reason=\"timeout\"} 2\n"
                                     "runnel_ended_total{reason=\"tls\"} 0\n"));
}

// 0 ms was less than one, 3 ms less than four, and 5 ms less than eight.
TEST(MetricPage, TimesAreSecondsInCumulativeBuckets) {
  storage::LogHistogram times;
  for (const std::uint64_t ms : {0U, 3U, 3U, 5U}) times.observe(ms);
  MetricPage page;
  page.seconds_histogram("runnel_commit_seconds", "Time", times);
  const std::string text = page.text();
  EXPECT_THAT(text, HasSubstr("# TYPE runnel_commit_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("runnel_commit_seconds_count 4\n"));
  EXPECT_THAT(text, HasSubstr("runnel_commit_seconds_sum 0.011\n"));
  EXPECT_THAT(text, HasSubstr("runnel_commit_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("runnel_commit_seconds_bucket{le=\"0.002\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("runnel_commit_seconds_bucket{le=\"0.004\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("runnel_commit_seconds_bucket{le=\"0.008\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("runnel_commit_seconds_bucket{le=\"+Inf\"} 4\n"));
}

TEST(MetricPage, CountsEndAtTheLargestNumberOfTheirBucket) {
  storage::LogHistogram writes;
  for (const std::uint64_t count : {1U, 3U, 4U}) writes.observe(count);
  MetricPage page;
  page.count_histogram("runnel_commit_writes", "Writes", writes);
  const std::string text = page.text();
  EXPECT_THAT(text, HasSubstr("runnel_commit_writes_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("runnel_commit_writes_bucket{le=\"3\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("runnel_commit_writes_bucket{le=\"7\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("le=\"8\"")));
}

// A value beyond the last edge must not be said to lie below it.
TEST(MetricPage, TheLastBucketHasNoEdge) {
  storage::LogHistogram times;
  times.observe(std::uint64_t{1} << 40U);
  MetricPage page;
  page.count_histogram("runnel_writes", "Writes", times);
  EXPECT_THAT(page.text(), HasSubstr("runnel_writes_bucket{le=\"4194303\"} 0\n"
                                     "runnel_writes_bucket{le=\"+Inf\"} 1\n"));
}

}  // namespace
}  // namespace runnel::server
