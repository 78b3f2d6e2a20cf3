// What the operating system says of this process and of a file system. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace runnel::server {

struct ProcessStats {
  std::uint64_t resident_bytes{0};
  std::uint64_t cpu_ms{0};     // user and system, all threads
  std::uint64_t started_s{0};  // since 1970
};

[[nodiscard]] ProcessStats process_stats();

// The cores that this process may run on: fewer than the machine has in a container or under
// taskset, where more event loops than cores would only take turns. At least 1.
[[nodiscard]] std::size_t usable_cores();

// Free to an unprivileged process on the file system that holds `path`; 0 when it cannot be asked.
[[nodiscard]] std::uint64_t free_bytes(const std::string& path);

// Size of a file; 0 when there is none.
[[nodiscard]] std::uint64_t file_bytes(const std::string& path);

}  // namespace runnel::server
