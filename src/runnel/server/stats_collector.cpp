#include "runnel/server/stats_collector.h"

#include "runnel/server/process_stats.h"

#include <utility>
#include <vector>

namespace runnel::server {

namespace {

constexpr std::int64_t kWindowMs = 5000;

struct ShardCount {
  std::size_t rooms{0};
  std::size_t connections{0};
};

ShardCount count(Shard& shard) {
  return {shard.directory->room_count(), shard.directory->connection_count()};
}

// Upper edge of the bucket in which `share` of the observations are reached.
template <std::size_t Size>
std::uint64_t percentile(const std::array<std::uint64_t, Size>& buckets, double share) {
  std::uint64_t total = 0;
  for (const std::uint64_t bucket : buckets) total += bucket;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < Size; ++i) {
    seen += buckets[i];
    if (seen > 0 && static_cast<double>(seen) >= share * static_cast<double>(total)) {
      return (std::uint64_t{1} << i) - 1;
    }
  }
  return 0;
}

}  // namespace

StatsCollector::StatsCollector(StatsCollectorDeps deps)
    : deps_(std::move(deps)), started_ms_(deps_.time.steady_ms()) {}

void StatsCollector::collect(Executor& reply_to, std::move_only_function<void(ServerStats)> done) {
  deps_.shards.gather<ShardCount>(
      reply_to, count,
      [this, done = std::move(done)](const std::vector<ShardCount>& counts) mutable {
        ServerStats stats;
        for (const ShardCount& shard : counts) {
          stats.rooms_live += shard.rooms;
          stats.connections += shard.connections;
        }
        add_counters(stats);
        add_commit_times(stats);
        done(std::move(stats));
      });
}

void StatsCollector::add_counters(ServerStats& stats) {
  stats.version = RUNNEL_VERSION;
  stats.uptime_ms = deps_.time.steady_ms() - started_ms_;
  stats.updates_received = deps_.collab.updates_in.value();
  stats.updates_delivered = deps_.collab.updates_out.value();
  for (std::size_t i = 0; i < deps_.shards.size(); ++i) {
    const net::NetCounters& net = deps_.shards.at(i).loop.counters();
    stats.bytes_in += net.bytes_in.value();
    stats.bytes_out += net.bytes_out.value();
  }
  const ProcessStats process = process_stats();
  stats.memory_bytes = process.resident_bytes;
  stats.cpu_ms = process.cpu_ms;
  stats.disk_bytes = file_bytes(deps_.database_path) + file_bytes(deps_.database_path + "-wal");
  stats.disk_free_bytes = free_bytes(deps_.database_path);
  const BackendStatus backend = deps_.backend();
  stats.backend = backend.state;
  stats.backend_waiting = backend.waiting;
  stats.backend_oldest_ms = backend.oldest_ms;
  stats.draining = is_draining();
}

void StatsCollector::add_commit_times(ServerStats& stats) {
  const std::scoped_lock lock(window_mutex_);
  Buckets now{};
  Buckets recent{};
  for (std::size_t i = 0; i < now.size(); ++i) {
    now[i] = deps_.store.commit_ms.bucket(i);
    recent[i] = now[i] - window_start_[i];
  }
  stats.commit_p50_ms = percentile(recent, 0.5);
  stats.commit_p99_ms = percentile(recent, 0.99);
  const std::int64_t time_ms = deps_.time.steady_ms();
  if (time_ms - window_started_ms_ < kWindowMs) return;
  window_started_ms_ = time_ms;
  window_start_ = now;
}

}  // namespace runnel::server
