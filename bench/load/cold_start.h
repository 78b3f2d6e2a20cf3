// The whole state of a document at a client that joins a room which nobody is in.
#pragma once

#include "runnel/load/load_client.h"

#include <vector>

namespace runnel::load {

struct ColdStartOptions {
  std::vector<std::string> rooms;  // each opened once
  bool together{false};            // all at the same time, not one after the other
  std::size_t bytes_min{0};        // a smaller SyncStep2 is not yet the document
  int server_pid{0};
};

// Prints one line of JSON. Returns an exit status.
int run_cold_start(const Endpoint& endpoint, const ColdStartOptions& options);

// Writes a document of about `bytes` into each room and waits until another client has it all.
int run_seed(const Endpoint& endpoint, const std::vector<std::string>& rooms, std::size_t bytes);

}  // namespace runnel::load
