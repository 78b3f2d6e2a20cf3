// `runnel bench`: clients against a server, and what that cost it. Without an address it starts a
// server of its own, as another process with a fresh data directory, so that its CPU time and its
// memory are those of the server alone.
#pragma once

#include <string>

namespace runnel::cli {

struct BenchRequest {
  std::string url;  // ws://ADDRESS:PORT/PREFIX[?QUERY]; empty: a server of our own
  int pid{0};       // of the server at `url`, for its CPU time and memory
  unsigned rooms{20};
  unsigned clients{10};  // per room
  unsigned writers{10};  // of them
  double rate{5};        // updates per second of each writer
  double seconds{5};
  bool awareness{false};
  unsigned idle{0};  // connections that do nothing, instead of traffic
  bool json{false};
};

[[nodiscard]] int run_bench(const BenchRequest& request);

}  // namespace runnel::cli
