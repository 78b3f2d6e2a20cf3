#include "runnel/server/stats_collector.h"

#include "runnel/backend/outbox.h"
#include "runnel/server/process_stats.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace runnel::server {

namespace {

constexpr std::int64_t kWindowMs = 5000;

struct ShardCount {
  std::size_t rooms{0};
  std::size_t connections{0};
  std::size_t frozen{0};
  backend::OutboxTotals saves;
};

ShardCount count(Shard& shard) {
  return {shard.directory->room_count(), shard.directory->connection_count(),
          shard.frozen->all().size(), shard.outbox->totals()};
}

// `oldest_waiting_ms` of the sum is the oldest of all loops.
void add_saves(backend::OutboxTotals& sum, const backend::OutboxTotals& more) {
  sum.rooms_waiting += more.rooms_waiting;
  sum.rooms_too_large += more.rooms_too_large;
  sum.rooms_denied += more.rooms_denied;
  sum.saves_in_flight += more.saves_in_flight;
  sum.saves_stored += more.saves_stored;
  sum.saves_failed += more.saves_failed;
  sum.outage = sum.outage || more.outage;
  if (more.oldest_waiting_ms == 0) return;
  sum.oldest_waiting_ms = sum.oldest_waiting_ms == 0
                              ? more.oldest_waiting_ms
                              : std::min(sum.oldest_waiting_ms, more.oldest_waiting_ms);
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
        backend::OutboxTotals saves;
        for (const ShardCount& shard : counts) {
          stats.rooms_live += shard.rooms;
          stats.connections += shard.connections;
          stats.rooms_frozen += shard.frozen;
          add_saves(saves, shard.saves);
        }
        add_counters(stats);
        add_backend(stats, saves);
        add_commit_times(stats);
        done(std::move(stats));
      });
}

void StatsCollector::add_counters(ServerStats& stats) const {
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
  const auto level = [](const Gauge& gauge) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, gauge.value()));
  };
  stats.rooms_stored = level(deps_.store.rooms_stored);
  stats.rooms_pending = level(deps_.collab.pending_rooms);
  stats.messages_refused = deps_.collab.malformed.value();
  stats.edits_refused = deps_.collab.read_only_refused.value();
  stats.slow_closed = deps_.collab.slow_closed.value();
  stats.commits_failed = deps_.store.failed_commits.value();
  stats.draining = is_draining();
}

void StatsCollector::add_backend(ServerStats& stats, const backend::OutboxTotals& saves) const {
  stats.backend_kind = deps_.backend_kind;
  stats.backend_waiting = saves.rooms_waiting;
  stats.backend_in_flight = saves.saves_in_flight;
  stats.backend_saves = saves.saves_stored;
  stats.backend_failures = saves.saves_failed;
  stats.backend_kept_back = saves.rooms_too_large + saves.rooms_denied;
  if (saves.oldest_waiting_ms > 0) {
    const std::int64_t age_ms = deps_.time.wall_ms() - saves.oldest_waiting_ms;
    stats.backend_oldest_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, age_ms));
  }
  if (deps_.backend_kind == "none") {
    stats.backend = "none";
  } else if (!deps_.backend_configured) {
    stats.backend = "unconfigured";
  } else {
    stats.backend = saves.outage || stats.rooms_pending > 0 ? "unreachable" : "ok";
  }
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
