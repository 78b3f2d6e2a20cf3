// Rooms full of clients of which some write at a steady rate: fan-out, hot room, many rooms,
// awareness.
#pragma once

#include "runnel/load/load_client.h"

#include "base/result.h"

#include <cstdint>
#include <string>

namespace runnel::load {

struct TrafficOptions {
  unsigned rooms{20};
  unsigned clients_per_room{10};
  unsigned writers_per_room{10};
  double updates_per_second{5};  // of each writer
  double seconds{5};
  bool is_awareness{false};
  int server_pid{0};
};

struct TrafficReport {
  std::uint64_t written{0};
  std::uint64_t delivered{0};  // to somebody else than the writer
  std::uint64_t expected{0};   // deliveries of what was written
  std::uint64_t echoed{0};
  std::uint64_t messages{0};  // WebSocket messages received; a merged one delivers several updates
  unsigned ended{0};          // connections that the server ended
  double seconds{0};          // while which was written
  double cpu_seconds{0};      // of the server; 0 without its pid
  double p50_ms{0};
  double p99_ms{0};
  double resident_mb{0};
  std::string problem;  // empty: nothing

  [[nodiscard]] double cpu_us_per_delivered() const;
};

// Runs a loop on the calling thread until everything is measured. Unavailable when not all
// connections could be opened.
[[nodiscard]] Result<TrafficReport> run_traffic(const Endpoint& endpoint,
                                                const TrafficOptions& options);

// One line, as bench/compare.py reads it.
[[nodiscard]] std::string to_json(const TrafficReport& report);

}  // namespace runnel::load
