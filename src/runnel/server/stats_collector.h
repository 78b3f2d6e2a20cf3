// StatsCollector: puts the numbers of all layers together. Counters are read where they are, rooms
// and connections are asked of the shards.
#pragma once

#include "runnel/collab/collab_options.h"
#include "runnel/server/server_stats.h"
#include "runnel/server/shard.h"
#include "runnel/storage/metrics.h"

#include "base/time_source.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace runnel::backend {
struct OutboxTotals;
}

namespace runnel::server {

struct StatsCollectorDeps {
  Shards& shards;
  const storage::StoreMetrics& store;
  const collab::CollabMetrics& collab;
  const TimeSource& time;
  std::string database_path;
  std::string backend_kind{"none"};  // none, embedded, http
  bool backend_configured{true};     // url and secret are there
};

class StatsCollector final : public ServerStatsSource {
 public:
  explicit StatsCollector(StatsCollectorDeps deps);

  void collect(Executor& reply_to, std::move_only_function<void(ServerStats)> done) override;

  void set_draining(bool draining) { draining_.store(draining, std::memory_order_relaxed); }

  [[nodiscard]] bool is_draining() const { return draining_.load(std::memory_order_relaxed); }

 private:
  using Buckets = std::array<std::uint64_t, storage::LogHistogram::kBuckets>;

  void add_counters(ServerStats& stats) const;
  void add_backend(ServerStats& stats, const backend::OutboxTotals& saves) const;
  void add_commit_times(ServerStats& stats);

  StatsCollectorDeps deps_;
  std::int64_t started_ms_;
  std::atomic<bool> draining_{false};

  // Commit times of the last seconds only: what is shown live must not be an average since the
  // start.
  std::mutex window_mutex_;
  Buckets window_start_{};             // guarded by window_mutex_
  std::int64_t window_started_ms_{0};  // guarded by window_mutex_
};

}  // namespace runnel::server
