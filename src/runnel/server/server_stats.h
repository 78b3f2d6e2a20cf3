// What the whole server counts, for `/v1/stats`, the dashboard and `/metrics`.
#pragma once

#include "base/executor.h"

#include <cstdint>
#include <functional>
#include <string>

namespace runnel::server {

struct ServerStats {
  std::string version;
  std::int64_t uptime_ms{0};
  std::uint64_t rooms_live{0};
  std::uint64_t rooms_stored{0};
  std::uint64_t connections{0};
  std::uint64_t updates_received{0};   // since the start
  std::uint64_t updates_delivered{0};  // since the start: one per receiver
  std::uint64_t bytes_in{0};
  std::uint64_t bytes_out{0};
  std::uint64_t commit_p50_ms{0};  // over the last seconds
  std::uint64_t commit_p99_ms{0};
  std::uint64_t memory_bytes{0};     // resident
  std::uint64_t disk_bytes{0};       // database and its log
  std::uint64_t disk_free_bytes{0};  // of the data directory's file system
  std::uint64_t cpu_ms{0};
  std::string backend_kind{"none"};    // none, embedded, http
  std::string backend{"none"};         // none, ok, unreachable, unconfigured
  std::uint64_t backend_waiting{0};    // rooms of which the backend lacks something
  std::uint64_t backend_oldest_ms{0};  // age of the oldest change that it lacks
  std::uint64_t backend_in_flight{0};  // saves under way
  std::uint64_t backend_saves{0};      // that it took, since the start
  std::uint64_t backend_failures{0};   // attempts that failed, since the start
  std::uint64_t backend_kept_back{0};  // rooms that it refuses: too large, denied
  std::uint64_t rooms_pending{0};      // that wait for its word on what it has
  std::uint64_t rooms_frozen{0};
  std::uint64_t messages_refused{0};  // malformed, or over a bound; since the start
  std::uint64_t edits_refused{0};     // of viewers and in frozen rooms, since the start
  std::uint64_t slow_closed{0};       // receivers that did not drain, since the start
  std::uint64_t commits_failed{0};    // since the start
  bool draining{false};
};

class ServerStatsSource {
 public:
  ServerStatsSource() = default;
  ServerStatsSource(const ServerStatsSource&) = delete;
  ServerStatsSource& operator=(const ServerStatsSource&) = delete;
  ServerStatsSource(ServerStatsSource&&) = delete;
  ServerStatsSource& operator=(ServerStatsSource&&) = delete;
  virtual ~ServerStatsSource() = default;

  // `done` runs on `reply_to`. Any thread.
  virtual void collect(Executor& reply_to, std::move_only_function<void(ServerStats)> done) = 0;
};

// One JSON object, as the schema ServerStats of docs/openapi.json.
[[nodiscard]] std::string to_json(const ServerStats& stats);

}  // namespace runnel::server
