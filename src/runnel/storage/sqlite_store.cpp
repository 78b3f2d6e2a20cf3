#include "runnel/storage/sqlite_store.h"

#include "runnel/storage/data_files.h"
#include "runnel/storage/loop_store.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace runnel::storage {

namespace {

// Rooms that one round of maintenance folds, so that commits do not wait for it.
constexpr std::size_t kFoldsPerRound = 256;

// Rows of table room that are counted at a time, some 2 ms: reads come in between, and the first of
// them are what a server waits for when it starts.
constexpr std::int64_t kRowsPerCount = 5000;

// What a loop commits itself is not more than this: the hand-over of more is shared by so many that
// it costs each less than what the loop could do in the same time.
constexpr std::size_t kUpdatesHere = 32;
constexpr std::size_t kBytesHere = std::size_t{32} * 1024;

// A commit that took this long on a loop had to wait for the disk. The next ones are the writer's
// for so many times as long, so that a disk which stalls takes no more than that part of a loop's
// time; and for a second after one that failed.
constexpr std::int64_t kSlowCommitMs = 5;
constexpr std::int64_t kSlowCommitPause = 20;
constexpr std::int64_t kFailedCommitPauseMs = 1000;

Error closed_error() { return {Errc::Unavailable, "the store is closed"}; }

}  // namespace

SqliteStore::SqliteStore(SqliteStoreOptions options, StoreExecutors executors,
                         const TimeSource& time, Log& log)
    : options_(std::move(options)),
      executors_(std::move(executors)),
      time_(time),
      log_(log),
      checkpoint_at_pages_(options_.checkpoint_pages) {}

Result<std::shared_ptr<SqliteStore>> SqliteStore::open(SqliteStoreOptions options,
                                                       StoreExecutors executors,
                                                       std::shared_ptr<WalFile> wal,
                                                       const TimeSource& time, Log& log) {
  std::shared_ptr<SqliteStore> store(
      new SqliteStore(std::move(options), std::move(executors), time, log));
  const SqliteStoreOptions& set = store->options_;
  const bool on_disk = set.vfs.empty();
  if (on_disk) RUNNEL_TRY_VOID(check_database_files(set.path));
  // A process that was killed may have left commits that no fsync has covered, and a failed fsync
  // some that only seem to be. After these two steps everything that load() answers survives the
  // machine, and a checkpoint copies nothing that the WAL on the disk does not have.
  RUNNEL_TRY_VOID(wal->rewrite());
  EngineOptions engine_options{.path = set.path,
                               .vfs = set.vfs,
                               .journal_bytes_max = set.journal_bytes_max,
                               .merge = set.merge};
  auto engine = RUNNEL_TRY(StoreEngine::open(std::move(engine_options), store->metrics_));
  auto reader = RUNNEL_TRY(StoreReader::open(set.path, set.vfs));
  RUNNEL_TRY_VOID(wal->sync());
  if (on_disk) RUNNEL_TRY_VOID(mark_database_open(set.path));
  store->start(std::move(engine), std::move(reader), std::move(wal));
  return store;
}

void SqliteStore::start(std::unique_ptr<StoreEngine> engine, std::unique_ptr<StoreReader> reader,
                        std::shared_ptr<WalFile> wal) {
  engine_ = std::move(engine);
  reader_ = std::move(reader);
  durability_ = std::make_shared<Durability>(DurabilityOptions{.delay = options_.sync_delay},
                                             executors_.writer, executors_.syncer, std::move(wal),
                                             time_, log_, metrics_);
  executors_.writer.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->schedule_maintenance();
  });
  executors_.reader.post([weak = weak_from_this(), end = engine_->next_room()] {
    if (const auto self = weak.lock()) self->count_rooms(1, end);
  });
}

void SqliteStore::count_rooms(std::int64_t row, std::int64_t end) {
  if (reader_ == nullptr || row >= end) return;
  const std::int64_t next = std::min(row + kRowsPerCount, end);
  const auto counted = reader_->count_rooms(row, next);
  if (!counted) return;
  metrics_.rooms_stored.add(*counted);
  executors_.reader.post([weak = weak_from_this(), next, end] {
    if (const auto self = weak.lock()) self->count_rooms(next, end);
  });
}

std::unique_ptr<RoomStore> SqliteStore::attach(Executor& loop) {
  return std::make_unique<LoopStore>(shared_from_this(), loop);
}

bool SqliteStore::reserve(std::size_t bytes) {
  const std::scoped_lock lock(inbox_mutex_);
  if (inbox_bytes_ + bytes > options_.queue_bytes_max) return false;
  inbox_bytes_ += bytes;
  metrics_.queue_bytes.set(static_cast<std::int64_t>(inbox_bytes_));
  return true;
}

void SqliteStore::enqueue(LoopBatch batch) {
  bool schedule = false;
  {
    const std::scoped_lock lock(inbox_mutex_);
    inbox_.push_back(std::move(batch));
    schedule = !std::exchange(batch_scheduled_, true);
  }
  if (!schedule) return;
  executors_.writer.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->run_batch();
  });
}

void SqliteStore::run_batch() {
  std::vector<LoopBatch> batches;
  {
    const std::scoped_lock lock(inbox_mutex_);
    batches.swap(inbox_);
    batch_scheduled_ = false;
  }
  complete(write_batch(batches));
  start_reads(batches);
  std::size_t bytes = 0;
  for (const LoopBatch& batch : batches) bytes += batch.bytes;
  checkpoint_if_large(take_from_inbox(bytes));
}

// Whether nothing has arrived meanwhile.
bool SqliteStore::take_from_inbox(std::size_t bytes) {
  const std::scoped_lock lock(inbox_mutex_);
  inbox_bytes_ -= bytes;
  metrics_.queue_bytes.set(static_cast<std::int64_t>(inbox_bytes_));
  return inbox_.empty();
}

bool SqliteStore::may_commit_here() {
  // The first commit to an empty WAL fsyncs its header.
  const bool may_wait = durability_->is_syncing() || engine_->wal_pages() == 0 ||
                        time_.steady_ms() < not_here_until_ms_;
  if (closed_ || durability_->failed() || may_wait) return false;
  // What came earlier goes first.
  const std::scoped_lock lock(inbox_mutex_);
  return inbox_.empty();
}

std::optional<std::vector<SqliteStore::PortOutcomes>> SqliteStore::commit_here(LoopBatch& batch) {
  const auto is_append = [](const Operation& operation) {
    return std::holds_alternative<Append>(operation);
  };
  const bool is_small = batch.operations.size() <= kUpdatesHere && batch.bytes <= kBytesHere;
  if (!executors_.borrow_writer || !is_small) return std::nullopt;
  if (!std::ranges::all_of(batch.operations, is_append)) return std::nullopt;
  std::optional<std::vector<PortOutcomes>> outcomes;
  const auto commit = [&] {
    if (!may_commit_here()) return;
    const std::int64_t begun_ms = time_.steady_ms();
    std::vector<LoopBatch> batches;
    batches.push_back(std::move(batch));
    outcomes = write_batch(batches);
    take_from_inbox(batches.front().bytes);
    const std::int64_t now_ms = time_.steady_ms();
    const std::int64_t took_ms = now_ms - begun_ms;
    if (took_ms >= kSlowCommitMs) not_here_until_ms_ = now_ms + took_ms * kSlowCommitPause;
    if (engine_->failed()) not_here_until_ms_ = now_ms + kFailedCommitPauseMs;
    if (engine_->wal_pages() >= checkpoint_at_pages_ && !checkpoint_waits_) {
      executors_.writer.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->checkpoint_if_large(true);
      });
    }
    // Answers on their way to the loop are older than these, and those of a strict store come
    // later.
    const bool now =
        options_.durability != DurabilityMode::Strict && !batches.front().port->has_waiting();
    if (now) {
      durability_->committed();
    } else {
      complete(std::exchange(*outcomes, {}));
    }
  };
  executors_.borrow_writer(std::cref(commit));  // by reference: a copy would be an allocation
  return outcomes;
}

void SqliteStore::answer_here(std::vector<PortOutcomes> outcomes) {
  for (PortOutcomes& of_port : outcomes) {
    for (Outcome& outcome : of_port.outcomes) {
      if (outcome.done) outcome.done(std::move(outcome.result));
    }
  }
}

std::vector<SqliteStore::PortOutcomes> SqliteStore::write_batch(std::vector<LoopBatch>& batches) {
  const auto writes = [](const Operation& operation) {
    return !std::holds_alternative<Read>(operation);
  };
  const bool any = std::ranges::any_of(batches, [&writes](const LoopBatch& batch) {
    return std::ranges::any_of(batch.operations, writes);
  });
  std::vector<PortOutcomes> outcomes;
  if (!any) return outcomes;
  const std::int64_t begun_ms = time_.steady_ms();
  const Result<void> written = write_all(batches, outcomes);
  if (!written) {
    fail_batch(written.error(), outcomes);
  } else {
    metrics_.commits.add();
    metrics_.commit_ms.observe(static_cast<std::uint64_t>(time_.steady_ms() - begun_ms));
    std::size_t count = 0;
    for (const PortOutcomes& of_port : outcomes) {
      count += of_port.outcomes.size();
      for (const Outcome& outcome : of_port.outcomes) {
        if (outcome.appended != nullptr) durability_->mark(of_port.port, *outcome.appended);
      }
    }
    metrics_.commit_writes.observe(count);
  }
  return outcomes;
}

Result<void> SqliteStore::write_all(std::vector<LoopBatch>& batches,
                                    std::vector<PortOutcomes>& outcomes) {
  Result<void> state;
  if (closed_) state = std::unexpected(closed_error());
  if (const auto& broken = durability_->failed()) state = std::unexpected(*broken);
  if (state) state = engine_->begin(time_.steady_ms());
  for (LoopBatch& batch : batches) {
    PortOutcomes& of_port = outcomes.emplace_back(PortOutcomes{.port = batch.port});
    of_port.outcomes.reserve(batch.operations.size());
    const std::span<Operation> operations(batch.operations);
    for (std::size_t i = 0; i < operations.size(); ++i) {
      Operation& operation = operations[i];
      if (state && i % RoomIndex::kFindBatch == 0) {
        look_ahead(operations.subspan(i, std::min(RoomIndex::kFindBatch, operations.size() - i)));
      }
      if (state) {
        state = apply(operation, of_port.outcomes);
        continue;
      }
      // The batch has failed already; what follows fails with it, in its place.
      if (auto* append = std::get_if<Append>(&operation)) {
        of_port.outcomes.push_back({.done = std::move(append->done), .log_room = &append->room});
      } else if (auto* write = std::get_if<Write>(&operation)) {
        of_port.outcomes.push_back(
            {.done = std::move(write->done), .log_room = write->room ? &*write->room : nullptr});
      }
    }
  }
  if (state) state = engine_->commit();
  return state;
}

void SqliteStore::look_ahead(std::span<Operation> operations) {
  std::vector<const RoomId*> ids;
  std::vector<Append*> appends;
  for (Operation& operation : operations) {
    auto* append = std::get_if<Append>(&operation);
    if (append == nullptr) continue;
    ids.push_back(&append->room);
    appends.push_back(append);
  }
  std::vector<Room*> rooms(ids.size());
  engine_->find_known(ids, rooms);
  for (std::size_t i = 0; i < appends.size(); ++i) appends[i]->known = rooms[i];
}

Result<void> SqliteStore::apply(Operation& operation, std::vector<Outcome>& outcomes) {
  if (auto* append = std::get_if<Append>(&operation)) return apply_append(*append, outcomes);
  auto* write = std::get_if<Write>(&operation);
  if (write == nullptr) return {};
  Outcome& outcome = outcomes.emplace_back();
  outcome.done = std::move(write->done);
  if (write->room) outcome.log_room = &*write->room;
  outcome.result = write->run(*engine_);
  if (const auto& failed = engine_->failed()) return std::unexpected(*failed);
  return {};
}

Result<void> SqliteStore::apply_append(Append& append, std::vector<Outcome>& outcomes) {
  Outcome& outcome = outcomes.emplace_back();
  outcome.done = std::move(append.done);
  outcome.log_room = &append.room;
  if (append.refused) {
    metrics_.refused_writes.add();
    outcome.result = fail(Errc::LimitExceeded, "append to room " + append.room.external_name() +
                                                   ": too much is waiting for the disk");
  } else {
    Result<Room*> appended = engine_->append(append.room, append.entry, append.known);
    if (appended) {
      outcome.appended = *appended;
      return {};
    }
    outcome.result = std::unexpected(appended.error());
  }
  if (const auto& failed = engine_->failed()) return std::unexpected(*failed);
  // The log must not go on behind a hole.
  engine_->break_room(append.room);
  return {};
}

void SqliteStore::fail_batch(const Error& error, std::vector<PortOutcomes>& outcomes) {
  metrics_.failed_commits.add();
  engine_->rollback();
  if (engine_->sync_failed()) durability_->fail_for_ever(error);
  for (PortOutcomes& of_port : outcomes) {
    for (Outcome& outcome : of_port.outcomes) {
      outcome.appended = nullptr;
      // A refusal too: what it was judged against never happened.
      outcome.result = std::unexpected(error);
      if (outcome.log_room != nullptr) engine_->break_room(*outcome.log_room);
    }
  }
  if (!closed_) {
    log_.error("a commit failed; the rooms that wrote in it are loaded again",
               {{"error", to_string(error)}});
  }
}

void SqliteStore::complete(std::vector<PortOutcomes> outcomes) {
  std::erase_if(outcomes, [](const PortOutcomes& of_port) { return of_port.outcomes.empty(); });
  if (outcomes.empty()) return;
  if (options_.durability != DurabilityMode::Strict) {
    durability_->committed();
    post_answers(std::move(outcomes), {});
    return;
  }
  // After a failed fsync nothing is accepted any more, so no room has to be broken for it.
  durability_->wait([outcomes = std::move(outcomes)](const Result<void>& synced) mutable {
    post_answers(std::move(outcomes), synced);
  });
}

void SqliteStore::post_answers(std::vector<PortOutcomes> outcomes, const Result<void>& synced) {
  for (PortOutcomes& of_port : outcomes) {
    if (!synced) {
      for (Outcome& outcome : of_port.outcomes) outcome.result = synced;
    }
    LoopPort::post(of_port.port, [list = std::move(of_port.outcomes)]() mutable {
      for (Outcome& outcome : list) {
        if (outcome.done) outcome.done(std::move(outcome.result));
      }
    });
  }
}

// What a load answers counts as durable, and in strict mode everything that is read is passed on.
bool SqliteStore::must_wait(const Read& read) const {
  if (durability_->is_clean()) return false;
  if (options_.durability == DurabilityMode::Strict) return true;
  return read.log_room && (durability_->failed() || durability_->has_unsynced(*read.log_room));
}

void SqliteStore::start_reads(std::vector<LoopBatch>& batches) {
  std::vector<PortReads> ready;
  std::vector<PortReads> reads;
  for (LoopBatch& batch : batches) {
    PortReads now{.port = batch.port, .tasks = {}};
    PortReads later{.port = batch.port, .tasks = {}};
    for (Operation& operation : batch.operations) {
      if (auto* read = std::get_if<Read>(&operation)) {
        (must_wait(*read) ? later : now).tasks.push_back(read->prepare(*engine_));
      }
    }
    if (!now.tasks.empty()) ready.push_back(std::move(now));
    if (!later.tasks.empty()) reads.push_back(std::move(later));
  }
  if (!ready.empty()) post_reads(std::move(ready));
  if (reads.empty()) return;
  durability_->wait(
      [weak = weak_from_this(), reads = std::move(reads)](const Result<void>& synced) mutable {
        const auto self = weak.lock();
        if (!self) return;
        if (synced) {
          self->post_reads(std::move(reads));
          return;
        }
        const Result<StoreReader*> failed = std::unexpected(synced.error());
        for (PortReads& of_port : reads) {
          for (ReadTask& task : of_port.tasks) LoopPort::post(of_port.port, task(failed));
        }
      });
}

void SqliteStore::post_reads(std::vector<PortReads> reads) {
  executors_.reader.post([weak = weak_from_this(), reads = std::move(reads)]() mutable {
    const auto self = weak.lock();
    if (!self) return;
    Result<StoreReader*> reader = self->reader_.get();
    if (self->reader_ == nullptr) reader = std::unexpected(closed_error());
    for (PortReads& of_port : reads) {
      for (ReadTask& task : of_port.tasks) {
        self->metrics_.reads.add();
        LoopPort::post(of_port.port, task(reader));
      }
    }
  });
}

void SqliteStore::checkpoint_if_large(bool idle) {
  // After a failed fsync the WAL on the disk may have holes. Copying it into the database would mix
  // pages of different times when only part of it comes back after a power cut.
  if (durability_->failed()) return;
  const int pages = engine_->wal_pages();
  // While there is work a checkpoint waits for a pause, but not for ever.
  if (pages < checkpoint_at_pages_ || (!idle && pages < 2 * checkpoint_at_pages_)) return;
  if (std::exchange(checkpoint_waits_, true)) return;
  durability_->when_settled([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->checkpoint_waits_ = false;
    if (!self->closed_ && !self->durability_->failed()) self->checkpoint_now();
  });
}

void SqliteStore::checkpoint_now() {
  const std::int64_t begun_ms = time_.steady_ms();
  const Result<void> outcome = checkpoint(false);
  metrics_.checkpoint_ms.observe(static_cast<std::uint64_t>(time_.steady_ms() - begun_ms));
  if (!outcome) {
    log_.error("checkpoint failed; the WAL grows until one succeeds",
               {{"error", to_string(outcome.error())}});
  }
  // A reader in the middle of something keeps part of the WAL: try again when it has grown by half.
  const int left = engine_->wal_pages();
  checkpoint_at_pages_ = std::max(options_.checkpoint_pages, left + options_.checkpoint_pages / 2);
}

// In a task of when_settled().
Result<void> SqliteStore::checkpoint(bool truncate) {
  Result<void> outcome = engine_->checkpoint(truncate);
  if (!outcome && engine_->sync_failed()) durability_->fail_for_ever(outcome.error());
  if (outcome && engine_->wal_pages() == 0) durability_->checkpointed();
  return outcome;
}

void SqliteStore::schedule_maintenance() {
  if (closed_) return;
  executors_.writer.after(options_.maintenance, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    self->maintain();
    self->schedule_maintenance();
  });
}

void SqliteStore::maintain() {
  if (durability_->failed()) return;
  const std::int64_t now_ms = time_.steady_ms();
  const Result<void> outcome = [&]() -> Result<void> {
    RUNNEL_TRY_VOID(engine_->begin(now_ms));
    RUNNEL_TRY_VOID(engine_->fold_older(now_ms - options_.fold_after.count(), kFoldsPerRound));
    RUNNEL_TRY_VOID(engine_->erase_expired_records(time_.wall_ms()));
    return engine_->commit();
  }();
  if (!outcome) {
    engine_->rollback();
    if (engine_->sync_failed()) durability_->fail_for_ever(outcome.error());
    log_.warning("folding failed and is tried again", {{"error", to_string(outcome.error())}});
  }
}

Result<void> SqliteStore::fold_all() {
  RUNNEL_TRY_VOID(engine_->begin(time_.steady_ms()));
  RUNNEL_TRY_VOID(engine_->fold_older(INT64_MAX, SIZE_MAX));
  return engine_->commit();
}

Result<void> SqliteStore::finish(Result<void> outcome) {
  if (const auto& broken = durability_->failed()) return std::unexpected(*broken);
  if (outcome) outcome = checkpoint(true);
  if (outcome && options_.vfs.empty()) outcome = mark_database_closed(options_.path);
  return outcome;
}

void SqliteStore::close(Completion<void> done) {
  executors_.writer.post([self = shared_from_this(), done = std::move(done)]() mutable {
    self->run_batch();
    Result<void> outcome = self->fold_all();
    if (!outcome) self->engine_->rollback();
    self->closed_ = true;
    // The reader goes first: a checkpoint that empties the WAL waits for readers.
    self->executors_.reader.post(
        [self, done = std::move(done), outcome = std::move(outcome)]() mutable {
          self->reader_.reset();
          self->executors_.writer.post(
              [self, done = std::move(done), outcome = std::move(outcome)]() mutable {
                self->durability_->when_settled(
                    [self, done = std::move(done), outcome = std::move(outcome)]() mutable {
                      done(self->finish(std::move(outcome)));
                    });
              });
        });
  });
}

}  // namespace runnel::storage
