// Many connections that do nothing: how fast they join and what they cost in memory.
#pragma once

#include "runnel/load/load_client.h"

#include "base/result.h"

#include <cstdint>
#include <string>

namespace runnel::load {

struct IdleOptions {
  unsigned connections{10'000};
  unsigned rooms{100};
  unsigned in_flight_max{500};  // handshakes under way at the same time
  int server_pid{0};
};

struct IdleReport {
  std::uint64_t joined{0};
  unsigned lost{0};
  double joins_per_second{0};
  double join_p99_ms{0};
  double join_cpu_us{0};        // of the server; 0 without its pid
  double kb_per_connection{0};  // resident memory of the server, its rooms included
  double resident_mb{0};
  std::string problem;  // empty: nothing
};

// Runs a loop on the calling thread until everything is measured. Unavailable when nobody could
// join.
[[nodiscard]] Result<IdleReport> run_idle(const Endpoint& endpoint, const IdleOptions& options);

// One line, as bench/compare.py reads it.
[[nodiscard]] std::string to_json(const IdleReport& report);

}  // namespace runnel::load
