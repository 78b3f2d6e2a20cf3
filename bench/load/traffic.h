// Rooms full of clients of which some write at a steady rate: fan-out, hot room, many rooms,
// awareness.
#pragma once

#include "load_client.h"

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

// Prints one line of JSON: delivered updates, server CPU for each, latency. Returns an exit status.
int run_traffic(const Endpoint& endpoint, const TrafficOptions& options);

}  // namespace runnel::load
