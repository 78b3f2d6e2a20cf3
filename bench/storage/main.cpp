// What the store costs: durable updates a second against a plain log, CPU of an update, and very
// many rooms at rest. Without arguments it lists its modes.
#include "at_rest.h"
#include "base/random_source.h"
#include "bench_store.h"
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace runnel::storage_bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kRooms = 10'000;
constexpr int kRounds = 5;
// Rooms are folded in waves, since the benchmark begins with all of them at once. So what is
// measured are whole fillings of the journal, and the first is not counted.
constexpr std::uint64_t kJournalUpdates = 472'000;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.at(values.size() / 2);
}

// 60 to 200 bytes, as typing makes them.
class Updates {
 public:
  explicit Updates(std::uint64_t rooms) : last_seqs_(rooms) {
    for (std::uint8_t& byte : source_) byte = static_cast<std::uint8_t>(random_.next());
  }

  Bytes next() {
    const auto begin = source_.begin() + static_cast<std::ptrdiff_t>(random_.below(4096));
    return {begin, begin + static_cast<std::ptrdiff_t>(60 + random_.below(141))};
  }

  [[nodiscard]] const RoomId& last_room() const { return last_room_; }

  BenchStore::Issue batches_of(std::uint64_t size) {
    return [this, size](storage::RoomStore& rooms, std::uint64_t, const auto& completion) {
      for (std::uint64_t i = 0; i < size; ++i) {
        const std::uint64_t room = random_.below(last_seqs_.size());
        last_room_ = {"main", "document-" + std::to_string(room)};
        rooms.append(last_room_,
                     {.seq = ++last_seqs_[room], .time_ms = 1'700'000'000'000, .update = next()},
                     completion());
      }
    };
  }

 private:
  SeededRandom random_{1};
  Bytes source_ = Bytes(8192);
  std::vector<storage::Seq> last_seqs_;
  RoomId last_room_;
};

std::string fresh_directory(const std::string& parent, const std::string& name) {
  const std::string directory = parent + "/" + name;
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  return directory;
}

// Updates a second of a loop that writes a batch and fsyncs it: the bound.
double plain_rate(const std::string& path, std::uint64_t batch, std::uint64_t batches) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) give_up(path + " cannot be written");
  Updates updates(1);
  const auto begun = Clock::now();
  for (std::uint64_t i = 0; i < batches; ++i) {
    Bytes body;
    for (std::uint64_t k = 0; k < batch; ++k) {
      const Bytes update = updates.next();
      body.insert(body.end(), update.begin(), update.end());
    }
    if (::write(file, body.data(), body.size()) != static_cast<ssize_t>(body.size()) ||
        ::fdatasync(file) != 0) {
      give_up(path + " cannot be written");
    }
  }
  const double seconds = seconds_since(begun);
  ::close(file);
  return static_cast<double>(batch * batches) / seconds;
}

// Updates a second of the store, the last one on the disk included.
double store_rate(BenchStore& store, Updates& updates, std::uint64_t batch, std::uint64_t batches,
                  std::uint64_t in_flight = 1) {
  const auto begun = Clock::now();
  store.run(batches, updates.batches_of(batch), in_flight);
  store.wait_until_durable(updates.last_room());
  return static_cast<double>(batch * batches) / seconds_since(begun);
}

// All in turns, so that whatever else the disk does meets each of them.
void compare_rates(const std::string& parent, std::uint64_t batch, std::uint64_t batches) {
  const std::string directory = fresh_directory(parent, "rate");
  const std::string gated = fresh_directory(directory, "gate");
  const std::string strict = fresh_directory(directory, "strict");
  BenchStore gate_store(gated, storage::DurabilityMode::Gate);
  BenchStore strict_store(strict, storage::DurabilityMode::Strict);
  Updates to_gate(kRooms);
  Updates to_strict(kRooms);
  std::array<std::vector<double>, 4> rates;
  for (int round = 0; round < kRounds; ++round) {
    rates[0].push_back(plain_rate(directory + "/plain.log", batch, batches));
    rates[1].push_back(store_rate(gate_store, to_gate, batch, batches));
    rates[2].push_back(store_rate(strict_store, to_strict, batch, batches));
    rates[3].push_back(store_rate(strict_store, to_strict, batch, batches, 2));
  }
  gate_store.close();
  strict_store.close();
  const double plain = median(rates[0]);
  const auto relative = [plain](double rate) {
    return fmt::format("{:.0f}/s ({:.2f} of it)", rate, rate / plain);
  };
  fmt::print(
      "rate, {} updates a commit: plain append + fdatasync {:.0f}/s; store, gate {}, strict {}, "
      "strict with two batches in flight {}; medians of {}\n",
      batch, plain, relative(median(rates[1])), relative(median(rates[2])),
      relative(median(rates[3])), kRounds);
}

void measure_cpu(const std::string& parent, std::uint64_t batch, std::uint64_t updates_count) {
  const std::string directory = fresh_directory(parent, "cpu");
  BenchStore store(directory, storage::DurabilityMode::Gate);
  Updates updates(kRooms);
  // Only once the journal has reached its bound does every update pay for folds and trimming.
  store.run(kJournalUpdates / batch, updates.batches_of(batch));
  const std::uint64_t folds = store.metrics().folds.value();
  const ThreadCpu before = store.cpu();
  const auto begun = Clock::now();
  const std::uint64_t batches = updates_count / batch;
  store.run(batches, updates.batches_of(batch));
  const double seconds = seconds_since(begun);
  const ThreadCpu after = store.cpu();
  const auto count = static_cast<double>(batches * batch);
  fmt::print(
      "cpu, {} updates a commit, {} rooms: writer {:.2f} us an update (folds and checkpoints "
      "included; {} folds), loop {:.2f}, fsync thread {:.2f}; {:.0f}/s\n",
      batch, kRooms, (after.writer_us - before.writer_us) / count,
      store.metrics().folds.value() - folds, (after.loop_us - before.loop_us) / count,
      (after.syncer_us - before.syncer_us) / count, count / seconds);
  store.close();
}

int usage() {
  fmt::print(
      "store_bench rate DIR            durable updates a second against a plain log\n"
      "store_bench cpu DIR             CPU of an update\n"
      "store_bench build DIR ROOMS     a data directory with that many rooms\n"
      "store_bench open DIR            what opening it takes\n"
      "store_bench serve DIR RUNNEL    what starting that server on it takes\n");
  return 2;
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) return usage();
  const std::string& mode = arguments[0];
  const std::string& directory = arguments[1];
  std::filesystem::create_directories(directory);
  if (mode == "rate") {
    compare_rates(directory, 1000, 200);
    compare_rates(directory, 40, 500);
  } else if (mode == "cpu") {
    measure_cpu(directory, 1000, 2 * kJournalUpdates);
    measure_cpu(directory, 40, kJournalUpdates);
  } else if (mode == "build" && arguments.size() == 3) {
    build_rooms(directory, std::strtoull(arguments[2].c_str(), nullptr, 10));
  } else if (mode == "open") {
    open_rooms(directory);
  } else if (mode == "serve" && arguments.size() == 3) {
    start_server(arguments[2], directory);
  } else {
    return usage();
  }
  return 0;
}

}  // namespace

}  // namespace runnel::storage_bench

int main(int count, char** arguments) {
  return runnel::storage_bench::run({arguments + 1, arguments + count});
}
