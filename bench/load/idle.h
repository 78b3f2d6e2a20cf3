// Many connections that do nothing: how fast they join and what they cost in memory.
#pragma once

#include "load_client.h"

namespace runnel::load {

struct IdleOptions {
  unsigned connections{10'000};
  unsigned rooms{100};
  unsigned in_flight_max{500};  // handshakes under way at the same time
  int server_pid{0};
};

// Prints one line of JSON. Returns an exit status.
int run_idle(const Endpoint& endpoint, const IdleOptions& options);

}  // namespace runnel::load
