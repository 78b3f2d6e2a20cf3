// The store in a SQLite file: one writer that takes everything that arrived from all loops since
// the last commit into one transaction, one reader, one thread that fsyncs. attach() gives each
// event loop its RoomStore.
//
// While the writer has nothing to do, a loop that has only a few updates borrows it and commits
// them itself: handing them over and back would cost more than the commit (docs/decisions/0013).
//
// The threads come in as executors, so that in the simulator they are tasks of one seeded queue.
// SqliteStore itself may be called from any thread unless a comment says otherwise.
#pragma once

#include "runnel/storage/durability.h"
#include "runnel/storage/loop_port.h"
#include "runnel/storage/metrics.h"
#include "runnel/storage/room_store.h"
#include "runnel/storage/store_engine.h"
#include "runnel/storage/store_reader.h"
#include "runnel/storage/wal_file.h"

#include "base/executor.h"
#include "base/log.h"
#include "base/result.h"
#include "base/time_source.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace runnel::storage {

enum class DurabilityMode : std::uint8_t {
  Fast,    // rooms do not wait for the commit before they broadcast
  Gate,    // they do: an update survives the process
  Strict,  // a commit completes after its fsync: an update survives the machine
};

struct SqliteStoreOptions {
  std::string path;  // of the database file
  std::string vfs;   // empty: the operating system's files
  DurabilityMode durability{DurabilityMode::Gate};
  Duration sync_delay{40};      // an fsync begins at the latest that long after a commit
  Duration fold_after{60'000};  // a room's entries leave the journal at the latest after that
  Duration maintenance{5'000};  // how often the above is looked at
  int checkpoint_pages{2'000};  // the WAL is copied into the database at that size
  std::size_t journal_bytes_max{kJournalBytesMax};
  // What may wait for a disk that stalls; an append above it fails and breaks its room.
  std::size_t queue_bytes_max{std::size_t{256} * 1024 * 1024};
  MergeUpdates merge;  // may be empty
};

// May be one and the same executor.
struct StoreExecutors {
  Executor& writer;
  Executor& reader;
  Executor& syncer;

  // Runs the task at once on the calling thread as if on the writer, which does nothing meanwhile;
  // false when the writer is at work and the task did not run. Empty: the writer is never lent.
  std::function<bool(const std::function<void()>&)> borrow_writer{};
};

class SqliteStore : public std::enable_shared_from_this<SqliteStore> {
 public:
  // Opens the database on the calling thread; errors as StoreEngine::open. `wal` is its WAL:
  // written again and fsynced in here, so that what is found is durable, then fsynced on the
  // syncer.
  static Result<std::shared_ptr<SqliteStore>> open(SqliteStoreOptions options,
                                                   StoreExecutors executors,
                                                   std::shared_ptr<WalFile> wal,
                                                   const TimeSource& time, Log& log);

  // A RoomStore for that loop; called and destroyed on it. `loop` outlives it.
  std::unique_ptr<RoomStore> attach(Executor& loop);

  // Commits what has arrived, folds everything, empties the WAL. `done` runs on the writer with the
  // outcome; the WAL is empty and the database complete when that is a success. Later writes fail.
  void close(Completion<void> done);

  [[nodiscard]] const StoreMetrics& metrics() const { return metrics_; }

 private:
  friend class LoopStore;

  struct Append {
    RoomId room;
    LogEntry entry;
    Completion<void> done;
    bool refused{false};   // the queue was full: the room breaks
    Room* known{nullptr};  // what look_ahead() found; in the present batch
  };

  struct Write {
    std::optional<RoomId> room;  // whose log it writes to, if any: it breaks with a failure
    std::move_only_function<Result<void>(StoreEngine&)> run;
    Completion<void> done;
  };

  // Runs on the reader, or elsewhere with the reason why there can be no answer; what it returns
  // runs on the loop.
  using ReadTask = std::move_only_function<Task(const Result<StoreReader*>&)>;

  struct PortReads {
    std::shared_ptr<LoopPort> port;
    std::vector<ReadTask> tasks;
  };

  struct Read {
    std::move_only_function<ReadTask(StoreEngine&)> prepare;  // on the writer, after the commit
    std::optional<RoomId> log_room;  // whose log is read: the answer is taken for durable
  };

  using Operation = std::variant<Append, Write, Read>;

  struct LoopBatch {
    std::shared_ptr<LoopPort> port;
    std::vector<Operation> operations;
    std::size_t bytes{0};
  };

  struct Outcome {
    Completion<void> done;
    Result<void> result;
    const RoomId* log_room{nullptr};  // whose log was written to; in the operation
    Room* appended{nullptr};          // to be marked; valid until the next batch
  };

  struct PortOutcomes {
    std::shared_ptr<LoopPort> port;
    std::vector<Outcome> outcomes;
  };

  SqliteStore(SqliteStoreOptions options, StoreExecutors executors, const TimeSource& time,
              Log& log);

  void start(std::unique_ptr<StoreEngine> engine, std::unique_ptr<StoreReader> reader,
             std::shared_ptr<WalFile> wal);

  // On the reader: rooms from that row to below `end`, a few thousand at a time.
  void count_rooms(std::int64_t row, std::int64_t end);

  // From a loop: whether that many more bytes may wait.
  bool reserve(std::size_t bytes);
  void enqueue(LoopBatch batch);

  // On the batch's loop: commits it on this thread if the writer can be borrowed and nothing is in
  // sight that would keep the loop waiting. Otherwise nothing, and the batch is as it was.
  std::optional<std::vector<PortOutcomes>> commit_here(LoopBatch& batch);

  // On the loop that committed them.
  static void answer_here(std::vector<PortOutcomes> outcomes);

  // The rest runs on the writer, or on who has borrowed it.
  [[nodiscard]] bool may_commit_here();
  void run_batch();
  bool take_from_inbox(std::size_t bytes);
  std::vector<PortOutcomes> write_batch(std::vector<LoopBatch>& batches);
  Result<void> write_all(std::vector<LoopBatch>& batches, std::vector<PortOutcomes>& outcomes);
  void look_ahead(std::span<Operation> operations);
  Result<void> apply(Operation& operation, std::vector<Outcome>& outcomes);
  Result<void> apply_append(Append& append, std::vector<Outcome>& outcomes);
  void fail_batch(const Error& error, std::vector<PortOutcomes>& outcomes);
  void complete(std::vector<PortOutcomes> outcomes);
  static void post_answers(std::vector<PortOutcomes> outcomes, const Result<void>& synced);
  void start_reads(std::vector<LoopBatch>& batches);
  [[nodiscard]] bool must_wait(const Read& read) const;
  void post_reads(std::vector<PortReads> reads);
  void checkpoint_if_large(bool idle);
  void checkpoint_now();
  Result<void> checkpoint(bool truncate);
  void schedule_maintenance();
  void maintain();
  Result<void> fold_all();
  Result<void> finish(Result<void> outcome);

  SqliteStoreOptions options_;
  StoreExecutors executors_;
  const TimeSource& time_;
  Log& log_;
  StoreMetrics metrics_;

  std::mutex inbox_mutex_;
  std::vector<LoopBatch> inbox_;  // guarded by inbox_mutex_
  std::size_t inbox_bytes_{0};    // guarded by inbox_mutex_
  bool batch_scheduled_{false};   // guarded by inbox_mutex_

  // On the writer.
  std::unique_ptr<StoreEngine> engine_;
  std::shared_ptr<Durability> durability_;
  int checkpoint_at_pages_{0};
  bool checkpoint_waits_{false};  // for an fsync to end
  bool closed_{false};
  std::int64_t not_here_until_ms_{0};  // commits belong to the writer's thread until then

  // On the reader.
  std::unique_ptr<StoreReader> reader_;
};

}  // namespace runnel::storage
