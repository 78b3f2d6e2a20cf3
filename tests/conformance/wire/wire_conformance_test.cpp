// Histories that Yjs 13.6.33 and y-protocols 1.0.7 wrote, replayed: a few that are committed, and
// those of the file that an environment variable names.
#include "awareness_replay.h"
#include "history_file.h"
#include "wire_replay.h"
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace ycpp::conformance {
namespace {

std::string path_of(const char* variable, const char* committed) {
  const char* path = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return path == nullptr ? std::string(WIRE_GOLDEN_DIR) + "/" + committed : path;
}

TEST(WireConformance, updates_without_a_document_come_out_byte_for_byte_as_from_yjs) {
  const auto histories = read_histories(path_of("RUNNEL_WIRE_HISTORIES", "wire.histories"));
  ASSERT_FALSE(histories.empty());
  std::size_t comparisons = 0;
  for (const Any& history : histories) {
    const WireReport report = replay_wire_steps(history);
    comparisons += report.comparisons;
    for (const std::string& failure : report.failures) ADD_FAILURE() << failure;
  }
  EXPECT_GT(comparisons, histories.size() * 10);
  std::printf("%zu histories, %zu comparisons\n", histories.size(), comparisons);
}

TEST(WireConformance, awareness_goes_through_the_same_states_as_in_y_protocols) {
  const auto histories =
      read_histories(path_of("RUNNEL_AWARENESS_HISTORIES", "awareness.histories"));
  ASSERT_FALSE(histories.empty());
  for (const Any& history : histories) {
    for (const std::string& failure : replay_awareness(history)) ADD_FAILURE() << failure;
  }
}

}  // namespace
}  // namespace ycpp::conformance
