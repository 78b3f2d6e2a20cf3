// Moves the durable positions: after a commit it has the WAL fsynced, on a thread of its own,
// within `delay`, and then tells each loop which of its rooms are safe up to where.
//
// Why an fsync of the WAL file alone is enough: a commit is frames in the WAL. They stay there
// until SQLite has synced the WAL, copied them into the database file and synced that too; only
// then does a later commit start the WAL over, and it syncs the new header first. So when an fsync
// that began after commit N has returned, the frames of N and of all before are on the disk, or
// their pages are in the database file and that is. The file is opened beside SQLite's own
// descriptor; it carries no locks, unlike the database and -shm files, which nobody but SQLite may
// open and close.
//
// After a failed fsync the kernel may have dropped the pages and forgotten it: nothing that was
// committed since the last good one can be promised any more. So the failure is final: failed()
// stays set, the store refuses writes, and the operator is told to look at the disk and restart.
//
// And so SQLite's own fsyncs must never run beside one of ours. Were ours to fail, with its error
// still on the way to the writer, SQLite's would find nothing left to write and succeed: a
// checkpoint would copy a WAL into the database that has holes on the disk, or a WAL would be
// started over under a header that never got there, and after a power cut the database would be a
// mixture of two times. when_settled() is how a checkpoint waits its turn. The other of SQLite's
// fsyncs, that of a new WAL header, comes with the first commit after a complete checkpoint, when
// checkpointed() has just left nothing to fsync here. The store that opens after a failure writes
// the WAL over itself first (wal_file.h), so that it depends on nothing the kernel believes.
#pragma once

#include "runnel/storage/loop_port.h"
#include "runnel/storage/metrics.h"
#include "runnel/storage/room_index.h"
#include "runnel/storage/wal_file.h"

#include "base/executor.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/result.h"
#include "base/time_source.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace runnel::storage {

struct DurabilityOptions {
  Duration delay{40};  // an fsync begins at the latest that long after a commit
};

// On the writer's executor throughout; only the WAL's sync() runs on `syncer`. Owned by a
// shared_ptr, because the syncer may still hold a task when the store goes.
class Durability : public std::enable_shared_from_this<Durability> {
 public:
  // Told with the outcome once the commits up to now are on the disk.
  using Waiter = std::move_only_function<void(const Result<void>&)>;

  Durability(DurabilityOptions options, Executor& writer, Executor& syncer,
             std::shared_ptr<WalFile> wal, const TimeSource& time, Log& log, StoreMetrics& metrics);

  // The room's entries up to its last_seq were committed on behalf of the loop behind `port`.
  void mark(const std::shared_ptr<LoopPort>& port, Room& room);

  // A commit has happened: starts the clock.
  void committed();

  // The same, and what waits for the disk is synced without delay.
  void wait(Waiter waiter);

  // Runs `task` when no fsync is under way and the outcome of the last one is known, before another
  // begins: now, or behind the running one.
  void when_settled(Task task);

  // Everything that was committed is in the database file, and that is on the disk: the rooms are
  // told as after an fsync. Only in a task of when_settled().
  void checkpointed();

  // Whether everything that was committed is on the disk.
  [[nodiscard]] bool is_clean() const { return !dirty_ && !syncing_ && !failed_; }

  // Whether an fsync is under way: the kernel may make a write to the WAL wait for it.
  [[nodiscard]] bool is_syncing() const { return syncing_; }

  // Whether something of the room was committed that is not on the disk yet.
  [[nodiscard]] bool has_unsynced(const RoomId& room) const;

  // An fsync failed, here or in SQLite.
  void fail_for_ever(const Error& error);

  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }

 private:
  struct Mark {
    std::shared_ptr<LoopPort> port;
    std::shared_ptr<const RoomId> room;
    Seq seq;
  };

  void start();
  void finished(Result<void> outcome, std::int64_t took_ms);
  void report(std::vector<Mark> marks);

  DurabilityOptions options_;
  Executor& writer_;
  Executor& syncer_;
  std::shared_ptr<WalFile> wal_;
  const TimeSource& time_;
  Log& log_;
  StoreMetrics& metrics_;

  std::uint64_t round_{1};   // of `marks_`, so that a room knows whether it stands in there
  std::vector<Mark> marks_;  // committed since the running fsync began
  std::vector<Waiter> waiters_;
  std::vector<Mark> syncing_marks_;
  std::vector<Waiter> syncing_waiters_;
  std::vector<Task> settled_;  // wait for the running fsync to end
  bool syncing_{false};
  bool dirty_{false};  // something was committed since the running fsync began
  std::int64_t dirty_since_ms_{0};
  std::optional<TimerId> timer_;
  std::optional<Error> failed_;
};

}  // namespace runnel::storage
