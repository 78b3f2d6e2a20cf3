#include "at_rest.h"

#include "bench_store.h"
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

namespace runnel::storage_bench {

namespace {

using Clock = std::chrono::steady_clock;

// What a small document comes to.
constexpr std::size_t kSnapshotBytes = 200;
constexpr std::uint64_t kRoomsPerBatch = 5000;

double ms_since(Clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
}

double resident_mb(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == "VmRSS:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

std::uintmax_t directory_bytes(const std::string& directory) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

}  // namespace

void build_rooms(const std::string& directory, std::uint64_t rooms) {
  const auto begun = Clock::now();
  {
    BenchStore store(directory, storage::DurabilityMode::Gate);
    const std::uint64_t batches = (rooms + kRoomsPerBatch - 1) / kRoomsPerBatch;
    store.run(batches, [rooms](storage::RoomStore& to, std::uint64_t batch,
                               const auto& completion) {
      const std::uint64_t end = std::min(rooms, (batch + 1) * kRoomsPerBatch);
      for (std::uint64_t i = batch * kRoomsPerBatch; i < end; ++i) {
        const RoomId room{"main", "document-" + std::to_string(i * 2'654'435'761U % (1U << 31U))};
        to.append(room, {.seq = 1, .update = Bytes(kSnapshotBytes, 1)}, completion());
        to.compact(room, 1, Bytes(kSnapshotBytes, static_cast<std::uint8_t>(i)), completion());
        to.release(room);
      }
    });
    store.close();
  }
  const auto bytes = static_cast<double>(directory_bytes(directory));
  fmt::print(
      "built {} rooms, a snapshot of {} bytes each, in {:.1f} s; {:.0f} MB on disk, "
      "{:.0f} bytes a room\n",
      rooms, kSnapshotBytes, ms_since(begun) / 1000, bytes / 1e6,
      bytes / static_cast<double>(rooms));
}

void open_rooms(const std::string& directory) {
  const double before_mb = resident_mb(::getpid());
  const auto begun = Clock::now();
  BenchStore store(directory, storage::DurabilityMode::Gate);
  const double opened_ms = ms_since(begun);
  // Counted piece by piece, each piece behind what has been asked before.
  for (std::int64_t before = -1; before != store.metrics().rooms_stored.value();) {
    before = store.metrics().rooms_stored.value();
    store.wait_for_reader();
    store.wait_for_reader();
  }
  fmt::print(
      "store: open in {:.1f} ms, all rooms counted after {:.0f} ms; {} rooms, RSS {:.1f} MB "
      "({:.1f} MB before)\n",
      opened_ms, ms_since(begun), store.metrics().rooms_stored.value(), resident_mb(::getpid()),
      before_mb);
}

void start_server(const std::string& binary, const std::string& directory) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) give_up("no pipe");
  const auto begun = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execl(binary.c_str(), binary.c_str(), "serve", "--port", "0", "--data", directory.c_str(),
            "--set", "auth.mode=none", nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string said;
  std::array<char, 4096> piece{};
  while (said.find("listening on") == std::string::npos) {
    const ssize_t got = ::read(ends[0], piece.data(), piece.size());
    if (got <= 0) give_up(binary + " did not start: " + said);
    said.append(piece.data(), static_cast<std::size_t>(got));
  }
  const double listening_ms = ms_since(begun);
  const double listening_mb = resident_mb(child);
  ::kill(child, SIGTERM);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  fmt::print("server: listens after {:.1f} ms, RSS {:.1f} MB then\n", listening_ms, listening_mb);
}

}  // namespace runnel::storage_bench
