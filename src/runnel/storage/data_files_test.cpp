// What becomes of a data directory that was damaged, copied, or is not one.
#include "runnel/storage/data_files.h"

#include "runnel/storage/backup.h"
#include "runnel/storage/database.h"
#include "runnel/storage/sqlite_store.h"
#include "runnel/storage/testing/temporary_directory.h"
#include "runnel/storage/verify.h"
#include "runnel/storage/wal_file.h"

#include "base/testing/manual_executor.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace runnel::storage {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

// A store on real files whose executors run by hand.
class Opened {
 public:
  explicit Opened(const std::string& path, std::size_t journal_bytes = 8'000'000) {
    SqliteStoreOptions options{.path = path, .journal_bytes_max = journal_bytes};
    auto opened = SqliteStore::open(options, {executor_, executor_, executor_}, wal_file_of(path),
                                    time_, log_);
    if (!opened) {
      error = opened.error();
      return;
    }
    store = *opened;
    rooms = store->attach(executor_);
  }

  void run() { executor_.run_ready(); }

  Result<void> append(const std::string& room, Seq seq, std::size_t size = 100) {
    Result<void> outcome = fail(Errc::Unavailable, "not completed");
    rooms->append({"main", room}, {.seq = seq, .update = Bytes(size, 'u')},
                  [&](Result<void> done) { outcome = std::move(done); });
    run();
    return outcome;
  }

  Result<RoomRecord> load(const std::string& room) {
    Result<RoomRecord> record = fail(Errc::Unavailable, "not completed");
    rooms->load({"main", room}, [&](Result<RoomRecord> done) { record = std::move(done); });
    run();
    return record;
  }

  bool close() {
    bool clean = false;
    store->close([&](Result<void> outcome) { clean = outcome.has_value(); });
    run();
    return clean;
  }

 private:
  ManualTime time_;
  ManualExecutor executor_{time_};
  NullLog log_;

 public:
  std::optional<Error> error;
  std::shared_ptr<SqliteStore> store;
  std::unique_ptr<RoomStore> rooms;
};

class DataFilesTest : public testing::Test {
 protected:
  // A directory as a process leaves it that was killed (clean = false) or stopped.
  void fill(bool clean) {
    Opened opened(path_);
    ASSERT_FALSE(opened.error) << to_string(*opened.error);
    for (Seq seq = 1; seq <= 50; ++seq) ASSERT_TRUE(opened.append("a", seq, 2000));
    ASSERT_TRUE(opened.append("b", 1));
    if (clean) {
      ASSERT_TRUE(opened.close());
      return;
    }
    // What is on the disk while the process runs is what it leaves when it is killed.
    fs::copy(directory_.path(), copy_, fs::copy_options::recursive);
    opened.rooms.reset();
    opened.store.reset();
    fs::remove_all(directory_.path());
    fs::rename(copy_, directory_.path());
  }

  std::string refused() {
    const Opened opened(path_);
    if (!opened.error) return "it was opened";
    EXPECT_NE(opened.error->code, Errc::Malformed);
    return opened.error->detail;
  }

  TemporaryDirectory directory_;
  std::string path_{directory_.path() + "/rooms.db"};
  std::string copy_{directory_.path() + "-copy"};
};

TEST_F(DataFilesTest, everything_is_there_after_a_kill_and_after_a_stop) {
  for (const bool clean : {false, true}) {
    fs::remove_all(directory_.path());
    fs::create_directory(directory_.path());
    fill(clean);
    Opened opened(path_);
    ASSERT_FALSE(opened.error) << to_string(*opened.error);
    EXPECT_EQ(opened.load("a")->last_seq, 50U);
    EXPECT_EQ(opened.load("b")->tail.size(), 1U);
  }
}

TEST_F(DataFilesTest, a_file_of_garbage_is_reported_and_left_alone) {
  fill(true);
  std::ofstream(path_, std::ios::trunc) << std::string(100'000, 'x');
  EXPECT_THAT(refused(), AllOf(HasSubstr("rooms.db"), HasSubstr("not a database"),
                               HasSubstr("runnel restore")));
  EXPECT_EQ(fs::file_size(path_), 100'000U);
}

TEST_F(DataFilesTest, a_database_that_was_cut_off_is_reported) {
  fill(true);
  fs::resize_file(path_, fs::file_size(path_) / 2);
  EXPECT_THAT(refused(), AllOf(HasSubstr("is cut off"), HasSubstr("runnel restore")));
}

TEST_F(DataFilesTest, an_empty_or_missing_database_is_not_taken_for_a_new_one) {
  fill(true);
  fs::resize_file(path_, 0);
  EXPECT_THAT(refused(), HasSubstr("rooms.db is empty"));
  fs::remove(path_);
  EXPECT_THAT(refused(), HasSubstr("rooms.db is missing"));
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(DataFilesTest, a_wal_that_is_missing_after_a_kill_is_reported_with_the_way_on) {
  fill(false);
  fs::remove(path_ + "-wal");
  EXPECT_THAT(refused(), AllOf(HasSubstr("rooms.db-wal is missing"), HasSubstr("-state")));
  fs::remove(path_ + "-state");
  EXPECT_EQ(refused(), "it was opened") << "who says so goes on with what the database has";
}

TEST_F(DataFilesTest, the_database_of_a_newer_runnel_is_not_touched) {
  fill(true);
  {
    auto db = Database::open({.path = path_});
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->execute("PRAGMA user_version = 99"));
  }
  EXPECT_THAT(refused(), AllOf(HasSubstr("newer Runnel"), HasSubstr("format 99")));
}

TEST_F(DataFilesTest, somebody_elses_database_is_not_touched) {
  {
    auto db = Database::open({.path = path_});
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->execute("CREATE TABLE theirs(a)"));
  }
  EXPECT_THAT(refused(), HasSubstr("not one of Runnel"));
}

TEST_F(DataFilesTest, a_directory_in_the_place_of_the_database_is_reported) {
  fs::create_directory(path_);
  EXPECT_THAT(refused(), HasSubstr("is not a file"));
}

TEST_F(DataFilesTest, a_backup_of_a_store_at_work_is_complete_and_comes_back) {
  const std::string backup = directory_.path() + "/backup.db";
  {
    Opened opened(path_);
    for (Seq seq = 1; seq <= 20; ++seq) ASSERT_TRUE(opened.append("a", seq, 2000));
    std::uint64_t calls = 0;
    const auto copied = backup_database(path_, backup, [&](const CopyProgress&) { ++calls; });
    ASSERT_TRUE(copied) << to_string(copied.error());
    EXPECT_GT(calls, 0U);
    EXPECT_EQ(copied->pages_done, copied->pages_total);
    ASSERT_TRUE(opened.append("a", 21));
    EXPECT_FALSE(backup_database(path_, backup, {})) << "an existing file is not overwritten";
    ASSERT_TRUE(opened.close());
  }
  EXPECT_EQ(restore_database(backup, path_, false, {}).error().code, Errc::Conflict);
  const auto restored = restore_database(backup, path_, true, {});
  ASSERT_TRUE(restored) << to_string(restored.error());
  Opened opened(path_);
  ASSERT_FALSE(opened.error) << to_string(*opened.error);
  EXPECT_EQ(opened.load("a")->last_seq, 20U);
}

TEST_F(DataFilesTest, a_damaged_backup_leaves_the_target_alone) {
  fill(true);
  const std::string backup = directory_.path() + "/backup.db";
  std::ofstream(backup) << std::string(8192, 'x');
  EXPECT_FALSE(restore_database(backup, path_, true, {}));
  EXPECT_EQ(Opened(path_).load("a")->last_seq, 50U);
}

TEST_F(DataFilesTest, verify_counts_what_is_there_and_finds_nothing_in_a_sound_store) {
  for (const bool clean : {false, true}) {
    fs::remove_all(directory_.path());
    fs::create_directory(directory_.path());
    fill(clean);
    const auto report = verify_database(path_, {});
    ASSERT_TRUE(report) << to_string(report.error());
    EXPECT_TRUE(report->is_clean()) << report->findings.front().what;
    EXPECT_EQ(report->rooms, 2U);
    EXPECT_EQ(report->log_entries, 51U);
  }
}

TEST_F(DataFilesTest, verify_names_the_room_whose_log_is_damaged_and_load_refuses_it_alone) {
  fill(true);
  {
    auto db = Database::open({.path = path_});
    ASSERT_TRUE(db);
    ASSERT_TRUE(
        db->execute("UPDATE chunk SET body = zeroblob(length(body)) WHERE id / 1048576 ="
                    " (SELECT id FROM room WHERE name = 'a')"));
  }
  const auto report = verify_database(path_, {});
  ASSERT_TRUE(report);
  ASSERT_FALSE(report->is_clean());
  EXPECT_EQ(report->findings.front().room, (RoomId{"main", "a"}));
  Opened opened(path_);
  const auto damaged = opened.load("a");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Errc::Corrupt);
  EXPECT_THAT(damaged.error().detail, AllOf(HasSubstr("room a"), HasSubstr("runnel verify")));
  EXPECT_EQ(opened.load("b")->last_seq, 1U);
}

TEST_F(DataFilesTest, verify_asks_what_the_bytes_mean) {
  fill(true);
  ContentValidators validators;
  validators.update = [](ByteView update) -> Result<void> {
    if (update.size() == 2000) return {};
    return fail(Errc::Malformed, "wrong size");
  };
  const auto report = verify_database(path_, validators);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_EQ(report->findings.front().room, (RoomId{"main", "b"}));
  EXPECT_THAT(report->findings.front().what, HasSubstr("log entry 1 cannot be decoded"));
}

TEST_F(DataFilesTest, verify_hands_over_each_room_as_a_load_would) {
  for (const bool clean : {false, true}) {
    fs::remove_all(directory_.path());
    fs::create_directory(directory_.path());
    fill(clean);
    std::vector<std::size_t> updates;
    ContentValidators validators;
    validators.room = [&](ByteView snapshot, const std::vector<ByteView>& log) -> Result<void> {
      EXPECT_TRUE(snapshot.empty());
      updates.push_back(log.size());
      if (log.size() == 1) return fail(Errc::Malformed, "does not fit together");
      return {};
    };
    const auto report = verify_database(path_, validators);
    ASSERT_TRUE(report);
    EXPECT_THAT(updates, testing::UnorderedElementsAre(50, 1));
    ASSERT_EQ(report->findings.size(), 1U);
    EXPECT_EQ(report->findings.front().room, (RoomId{"main", "b"}));
    EXPECT_THAT(report->findings.front().what, HasSubstr("does not fit together"));
  }
}

TEST_F(DataFilesTest, a_wal_that_is_missing_is_no_success_of_fsync) {
  const auto wal = wal_file_of(path_);
  EXPECT_TRUE(wal->rewrite());
  const auto synced = wal->sync();
  ASSERT_FALSE(synced);
  EXPECT_THAT(to_string(synced.error()), HasSubstr(path_ + "-wal"));
}

}  // namespace
}  // namespace runnel::storage
