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
  std::string backend{"none"};  // none, embedded, ok, failing, not_configured
  std::uint64_t backend_waiting{0};
  std::uint64_t backend_oldest_ms{0};
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
