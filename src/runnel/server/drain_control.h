// DrainControl: `POST /v1/drain`. The server lets nobody in any more, sends its clients away over
// the time that was asked for, saves every room and then waits to be stopped. What it could not
// save in time is in its logs, as after every stop.
#pragma once

#include "runnel/server/shard.h"
#include "runnel/server/stats_collector.h"

#include "base/executor.h"
#include "base/time_source.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

namespace runnel::server {

class DrainControl {
 public:
  // Drains one shard, on its loop; `done` runs there.
  using DrainShard = std::function<void(std::size_t index, Duration over, Task done)>;

  DrainControl(Shards& shards, StatsCollector& stats, DrainShard drain_shard);

  // Any thread. Only the first call counts.
  void start(Duration over);

  // JSON, schema Drain of docs/openapi.json; `done` runs on `reply_to`.
  void progress(Executor& reply_to, std::move_only_function<void(std::string)> done);

 private:
  [[nodiscard]] std::string_view state() const;

  Shards& shards_;
  StatsCollector& stats_;
  DrainShard drain_shard_;
  std::atomic<bool> started_{false};
  std::atomic<std::size_t> shards_done_{0};
};

}  // namespace runnel::server
