// `/metrics`: what every layer counts. None of it says anything about a room by name or a person.
#pragma once

#include "runnel/auth/access_service.h"
#include "runnel/collab/collab_options.h"
#include "runnel/server/server_stats.h"
#include "runnel/server/shard.h"
#include "runnel/storage/metrics.h"

#include <string>

namespace runnel::server {

struct MetricsDeps {
  Shards& shards;
  const storage::StoreMetrics& store;
  const collab::CollabMetrics& collab;
  const auth::AccessCounters& access;
};

// The whole page. Any loop: it reads counters only.
[[nodiscard]] std::string metrics_page(const ServerStats& stats, const MetricsDeps& deps);

}  // namespace runnel::server
