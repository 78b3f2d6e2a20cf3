// What the store does when the disk fails: each case is one that the property test has found.
#include "runnel/storage/sqlite_store.h"
#include "runnel/storage/testing/faulty_vfs.h"

#include "base/testing/manual_executor.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace runnel::storage {
namespace {

using testing::HasSubstr;

constexpr const char* kPath = "/data/rooms.db";
constexpr std::uint64_t kSeed = 7;
constexpr DiskFaults kNoSync{.sync_permille = 1000};

class SqliteStoreFaultTest : public testing::Test {
 protected:
  SqliteStoreFaultTest() { RecordProperty("seed", std::to_string(kSeed)); }

  // Returns why the store did not open, empty when it did.
  std::string open() {
    rooms_.reset();
    store_.reset();
    const SqliteStoreOptions options{.path = kPath, .vfs = vfs_.name(), .checkpoint_pages = 30};
    const auto borrow = [this](const std::function<void()>& task) {
      if (writer_is_lent_) task();
      return writer_is_lent_;
    };
    auto opened = SqliteStore::open(options, {writer_, writer_, syncer_, borrow},
                                    vfs_.wal_file_of(kPath), time_, log_);
    if (!opened) return to_string(opened.error());
    store_ = *opened;
    rooms_ = store_->attach(loop_);
    return {};
  }

  void append(Seq seq) {
    appended_ = fail(Errc::Unavailable, "not completed");
    rooms_->append(room_, {.seq = seq, .update = Bytes(100, static_cast<std::uint8_t>(seq))},
                   [this](Result<void> done) { appended_ = std::move(done); });
  }

  void run() {
    // Not the syncer: its fsync stays under way until a test runs it.
    while (loop_.run_one() || writer_.run_one()) {
    }
  }

  void run_all() {
    do {
      run();
    } while (syncer_.run_one());
  }

  Result<RoomRecord> load() {
    Result<RoomRecord> record = fail(Errc::Unavailable, "not completed");
    rooms_->load(room_, [&record](Result<RoomRecord> done) { record = std::move(done); });
    run_all();
    return record;
  }

  void let_fsync_begin() {
    time_.advance(Duration(50));
    writer_.move_due_timers();
    run();
  }

  // Entries 1 to 99, far more than asks for a checkpoint.
  void fill_wal_beside_an_fsync() {
    run_all();
    append(1);
    run();
    let_fsync_begin();
    for (Seq seq = 2; seq < 100; ++seq) {
      append(seq);
      run();
      ASSERT_TRUE(appended_);
    }
    ASSERT_EQ(checkpoints(), 0);
  }

  [[nodiscard]] std::uint64_t checkpoints() const { return store_->metrics().checkpoints.value(); }

  const RoomId room_{"main", "notes"};
  SeededRandom random_{kSeed};
  FaultyVfs vfs_{random_};
  ManualTime time_;
  ManualExecutor loop_{time_};
  ManualExecutor writer_{time_};
  ManualExecutor syncer_{time_};
  NullLog log_;
  std::shared_ptr<SqliteStore> store_;
  std::unique_ptr<RoomStore> rooms_;
  Result<void> appended_;
  bool writer_is_lent_{false};
};

// The same, where the loop may commit itself. Only the loop gets turns in most of it, so whatever
// is committed there was committed by the loop.
class BorrowedWriterTest : public SqliteStoreFaultTest {
 protected:
  BorrowedWriterTest() { writer_is_lent_ = true; }

  // A store whose WAL has begun, with entry 1 in it.
  void begin() {
    ASSERT_EQ(open(), "");
    append(1);
    run_all();
    ASSERT_TRUE(appended_);
  }

  bool loop_commits(Seq seq) {
    append(seq);
    while (loop_.run_one()) {
    }
    const bool committed = appended_.has_value();
    run();
    return committed;
  }
};

TEST_F(SqliteStoreFaultTest, no_checkpoint_runs_beside_an_fsync_whose_outcome_is_unknown) {
  ASSERT_EQ(open(), "");
  fill_wal_beside_an_fsync();
  vfs_.set_faults(kNoSync);
  ASSERT_TRUE(syncer_.run_one());
  // The kernel has forgotten the failure, and the writer has not heard of it yet.
  vfs_.set_faults({});
  append(100);
  run();
  EXPECT_EQ(checkpoints(), 0);
  EXPECT_EQ(store_->metrics().failed_syncs.value(), 1);
  append(101);
  run();
  ASSERT_FALSE(appended_);
  EXPECT_THAT(to_string(appended_.error()), HasSubstr("fsync"));
}

TEST_F(SqliteStoreFaultTest, a_checkpoint_runs_once_the_fsync_before_it_has_ended_well) {
  ASSERT_EQ(open(), "");
  fill_wal_beside_an_fsync();
  run_all();
  EXPECT_EQ(checkpoints(), 1);
}

TEST_F(SqliteStoreFaultTest, what_a_failed_fsync_lost_is_written_again_by_the_next_process) {
  ASSERT_EQ(open(), "");
  run_all();
  for (Seq seq = 1; seq <= 20; ++seq) {
    if (seq == 5) vfs_.set_faults(kNoSync);
    append(seq);
    run();
    if (!appended_) break;
    if (seq == 10) {
      let_fsync_begin();
      run_all();
    }
  }
  ASSERT_GT(vfs_.failed_syncs(), 0);
  ASSERT_FALSE(appended_);
  vfs_.set_faults({});
  vfs_.kill();
  ASSERT_EQ(open(), "");
  const auto after_kill = load();
  ASSERT_TRUE(after_kill) << to_string(after_kill.error());
  EXPECT_GE(after_kill->last_seq, 4);
  vfs_.cut_power();
  ASSERT_EQ(open(), "");
  const auto after_cut = load();
  ASSERT_TRUE(after_cut) << to_string(after_cut.error());
  // load() answers only what is durable.
  EXPECT_EQ(after_cut->last_seq, after_kill->last_seq);
}

TEST_F(SqliteStoreFaultTest,
       a_load_while_memory_cannot_be_read_again_is_refused_not_answered_with_less) {
  ASSERT_EQ(open(), "");
  run_all();
  append(1);
  run_all();
  ASSERT_TRUE(appended_);
  vfs_.set_faults({.read_permille = 1000, .write_permille = 1000});
  append(2);
  run_all();
  ASSERT_FALSE(appended_);
  const auto refused = load();
  EXPECT_FALSE(refused);
  vfs_.set_faults({});
  const auto record = load();
  ASSERT_TRUE(record) << to_string(record.error());
  EXPECT_EQ(record->last_seq, 1);
}

TEST_F(BorrowedWriterTest, a_loop_commits_a_few_updates_itself) {
  begin();
  EXPECT_TRUE(loop_commits(2));
  EXPECT_TRUE(loop_commits(3));
  vfs_.kill();
  ASSERT_EQ(open(), "");
  EXPECT_EQ(load()->last_seq, 3);
}

TEST_F(BorrowedWriterTest, the_writer_keeps_what_makes_a_loop_wait) {
  ASSERT_EQ(open(), "");
  run_all();
  EXPECT_FALSE(loop_commits(1)) << "the first commit fsyncs the header of the WAL";
  EXPECT_TRUE(loop_commits(2));
  let_fsync_begin();
  EXPECT_FALSE(loop_commits(3)) << "an fsync is under way";
  ASSERT_TRUE(appended_);
  run_all();
  EXPECT_TRUE(loop_commits(4));
  append(5);
  rooms_->put_record({.kind = "kind", .key = "key"}, nullptr);
  while (loop_.run_one()) {
  }
  EXPECT_FALSE(appended_) << "more than updates";
  run();
  EXPECT_TRUE(appended_);
  rooms_->append(room_, {.seq = 6, .update = Bytes(100'000)}, nullptr);
  EXPECT_FALSE(loop_commits(7)) << "many bytes";
  EXPECT_TRUE(appended_);
}

TEST_F(BorrowedWriterTest, answers_come_in_the_order_of_the_writes) {
  begin();
  std::vector<Seq> answered;
  const auto note = [&answered](Seq seq) {
    return [&answered, seq](const Result<void>& done) {
      if (done) answered.push_back(seq);
    };
  };
  writer_is_lent_ = false;
  rooms_->append(room_, {.seq = 2, .update = Bytes(10)}, note(2));
  ASSERT_TRUE(loop_.run_one());
  while (writer_.run_one()) {
  }
  // Its answer is on its way to the loop, behind the end of this turn.
  ASSERT_TRUE(answered.empty());
  writer_is_lent_ = true;
  rooms_->append(room_, {.seq = 3, .update = Bytes(10)}, note(3));
  run();
  EXPECT_EQ(answered, (std::vector<Seq>{2, 3}));
}

TEST_F(BorrowedWriterTest, after_a_failure_the_writer_commits_for_a_while) {
  begin();
  vfs_.set_faults({.write_permille = 1000});
  EXPECT_FALSE(loop_commits(2));
  EXPECT_FALSE(appended_);
  vfs_.set_faults({});
  ASSERT_EQ(load()->last_seq, 1);
  EXPECT_FALSE(loop_commits(2));
  EXPECT_TRUE(appended_);
  time_.advance(Duration(2000));
  run_all();
  EXPECT_TRUE(loop_commits(3));
}

TEST_F(BorrowedWriterTest, the_writer_checkpoints_what_the_loop_has_committed) {
  begin();
  for (Seq seq = 2; seq < 100; ++seq) {
    append(seq);
    run_all();
    ASSERT_TRUE(appended_);
  }
  EXPECT_GT(checkpoints(), 0);
}

}  // namespace
}  // namespace runnel::storage
