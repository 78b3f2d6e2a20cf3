// DrainControl: `POST /v1/drain` and `POST /v1/undrain`. A drained server lets nobody in any more,
// has sent its clients away over the time that was asked for, has saved every room and waits to be
// stopped. What it could not save in time is in its logs, as after every stop.
#pragma once

#include "runnel/server/shard.h"
#include "runnel/server/stats_collector.h"

#include "base/executor.h"
#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

namespace runnel::server {

// What it has one shard do, on that shard's loop.
struct DrainShard {
  std::function<void(std::size_t index, Duration over, Task done)> drain;  // `done` runs there
  std::function<void(std::size_t index)> undrain;
};

class DrainControl {
 public:
  DrainControl(Shards& shards, StatsCollector& stats, DrainShard shard);

  // Any thread. While one is under way or over, a further call changes nothing.
  void start(Duration over);

  // Any thread. False when the process ends, which nothing takes back.
  bool take_back();

  // The process ends: everything is drained, and stays so.
  void stopping();

  // JSON, schema Drain of docs/openapi.json; `done` runs on `reply_to`.
  void progress(Executor& reply_to, std::move_only_function<void(std::string)> done);

 private:
  [[nodiscard]] std::string_view state();
  void shard_done(std::uint64_t round);

  Shards& shards_;
  StatsCollector& stats_;
  DrainShard shard_;

  // Held while the shards are told, so that all of them are told in the same order.
  std::mutex mutex_;
  bool draining_{false};  // guarded by mutex_, as what follows
  bool stopping_{false};
  std::uint64_t round_{0};  // tells what an earlier drain still reports from the present one
  std::size_t shards_done_{0};
};

}  // namespace runnel::server
