#include "runnel/load/process_usage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace runnel::load {

ProcessUsage usage_of(int pid) {
  ProcessUsage usage;
  const std::string folder = "/proc/" + std::to_string(pid);
  // The scheduler's own count, in nanoseconds; the one in `stat` is in ticks of 10 ms. Threads that
  // have ended are missing from it: servers keep theirs.
  std::error_code error;
  std::filesystem::directory_iterator thread(folder + "/task", error);
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) {
    std::ifstream schedstat(thread->path() / "schedstat");
    double on_cpu_ns = 0;
    if (schedstat >> on_cpu_ns) usage.cpu_seconds += on_cpu_ns / 1e9;
  }
  std::ifstream memory(folder + "/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  memory >> total >> resident;
  usage.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return usage;
}

}  // namespace runnel::load
