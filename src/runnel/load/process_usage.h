// What the server's process has used, read from /proc.
#pragma once

#include <cstdint>

namespace runnel::load {

struct ProcessUsage {
  double cpu_seconds{0};  // user and system, all threads
  std::uint64_t resident_bytes{0};
};

// Zeros when there is no such process.
[[nodiscard]] ProcessUsage usage_of(int pid);

}  // namespace runnel::load
