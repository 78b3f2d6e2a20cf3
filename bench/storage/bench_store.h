// A store with threads as a server has them, one loop that writes to it in batches, and the CPU
// that each of them takes.
#pragma once

#include "runnel/storage/sqlite_store.h"
#include "runnel/storage/worker_thread.h"

#include "base/log.h"
#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace runnel::storage_bench {

// Microseconds of CPU since each thread began.
struct ThreadCpu {
  double loop_us{0};
  double writer_us{0};
  double syncer_us{0};
};

class BenchStore {
 public:
  // Ends the process with a sentence when the store cannot be opened.
  BenchStore(const std::string& directory, storage::DurabilityMode durability);

  BenchStore(const BenchStore&) = delete;
  BenchStore& operator=(const BenchStore&) = delete;
  BenchStore(BenchStore&&) = delete;
  BenchStore& operator=(BenchStore&&) = delete;
  ~BenchStore();

  // `issue` writes the operations of a batch and gives each the completion; when the last of them
  // has completed the next batch begins. With `in_flight` above one that many batches are on their
  // way at a time. Returns after the last.
  using Issue = std::function<void(storage::RoomStore& rooms, std::uint64_t batch,
                                   const std::function<storage::Completion<void>()>& completion)>;
  void run(std::uint64_t batches, Issue issue, std::uint64_t in_flight = 1);

  // Returns when everything that was written to the room is on the disk.
  void wait_until_durable(const RoomId& room);

  // Returns when what was posted to the reader before has been done.
  void wait_for_reader();

  [[nodiscard]] ThreadCpu cpu();

  [[nodiscard]] const storage::StoreMetrics& metrics() const { return store_->metrics(); }

  // Folds everything and empties the WAL.
  void close();

 private:
  void next_batch();
  void completed(std::uint64_t& open, const Result<void>& outcome);

  SystemTime time_;
  NullLog log_;
  storage::WorkerThread loop_{"loop"};
  storage::WorkerThread writer_{"writer"};
  storage::WorkerThread reader_{"reader"};
  storage::WorkerThread syncer_{"syncer"};
  std::shared_ptr<storage::SqliteStore> store_;
  std::unique_ptr<storage::RoomStore> rooms_;

  // On the loop.
  Issue issue_;
  std::uint64_t batch_{0};
  std::uint64_t batches_{0};
  std::uint64_t running_{0};
  std::function<void()> finished_;
};

// Ends the process.
[[noreturn]] void give_up(const std::string& why);

}  // namespace runnel::storage_bench
