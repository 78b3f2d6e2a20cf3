#include "runnel/server/server_stats.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace runnel::server {

std::string to_json(const ServerStats& stats) {
  const boost::json::object object{{"version", stats.version},
                                   {"uptime_ms", stats.uptime_ms},
                                   {"rooms_live", stats.rooms_live},
                                   {"rooms_stored", stats.rooms_stored},
                                   {"connections", stats.connections},
                                   {"updates_received", stats.updates_received},
                                   {"updates_delivered", stats.updates_delivered},
                                   {"bytes_in", stats.bytes_in},
                                   {"bytes_out", stats.bytes_out},
                                   {"commit_p50_ms", stats.commit_p50_ms},
                                   {"commit_p99_ms", stats.commit_p99_ms},
                                   {"memory_bytes", stats.memory_bytes},
                                   {"disk_bytes", stats.disk_bytes},
                                   {"disk_free_bytes", stats.disk_free_bytes},
                                   {"cpu_ms", stats.cpu_ms},
                                   {"backend_kind", stats.backend_kind},
                                   {"backend", stats.backend},
                                   {"backend_waiting", stats.backend_waiting},
                                   {"backend_oldest_ms", stats.backend_oldest_ms},
                                   {"backend_in_flight", stats.backend_in_flight},
                                   {"backend_saves", stats.backend_saves},
                                   {"backend_failures", stats.backend_failures},
                                   {"backend_kept_back", stats.backend_kept_back},
                                   {"rooms_pending", stats.rooms_pending},
                                   {"rooms_frozen", stats.rooms_frozen},
                                   {"messages_refused", stats.messages_refused},
                                   {"edits_refused", stats.edits_refused},
                                   {"slow_closed", stats.slow_closed},
                                   {"commits_failed", stats.commits_failed},
                                   {"draining", stats.draining}};
  return boost::json::serialize(object);
}

}  // namespace runnel::server
