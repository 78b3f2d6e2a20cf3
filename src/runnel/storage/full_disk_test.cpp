// A real disk that runs full again and again: every update that was reported as committed stays,
// the refusal says why, and the store goes on as soon as there is room.
#include "runnel/storage/sqlite_store.h"
#include "runnel/storage/testing/small_disk.h"
#include "runnel/storage/testing/temporary_directory.h"
#include "runnel/storage/verify.h"
#include "runnel/storage/wal_file.h"

#include "base/random_source.h"
#include "base/testing/manual_executor.h"
#include "base/testing/test_numbers.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <vector>

namespace runnel::storage {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr std::array kRooms{"a", "b", "c", "d"};
// On a tmpfs, where an fsync costs nothing, and on whatever disk holds the temporary files.
constexpr int kRoundsMounted = 50;
constexpr int kRoundsLimited = 6;
constexpr std::size_t kPlenty = std::size_t{512} << 20U;
// Appends until the disk is full; far more than fit into the room that a round leaves.
constexpr int kAppendsMax = 5000;

class FullDiskTest : public testing::TestWithParam<SmallDiskKind> {
 protected:
  Result<void> open() {
    rooms_.reset();
    store_.reset();
    executor_ = std::make_unique<ManualExecutor>(time_);
    const std::string path = directory_.path() + "/rooms.db";
    // Small, so that folds and checkpoints meet the full disk too.
    const SqliteStoreOptions options{
        .path = path, .checkpoint_pages = 20, .journal_bytes_max = 20'000};
    store_ = RUNNEL_TRY(SqliteStore::open(options, {*executor_, *executor_, *executor_},
                                          wal_file_of(path), time_, log_));
    rooms_ = store_->attach(*executor_);
    return {};
  }

  Result<void> append(const std::string& room) {
    auto& log = committed_[room];
    Bytes update(random_.below(6000), static_cast<std::uint8_t>(random_.next()));
    Result<void> outcome = fail(Errc::Invalid, "not completed");
    rooms_->append({"main", room}, {.seq = log.size() + 1, .update = update},
                   [&outcome](Result<void> done) { outcome = std::move(done); });
    if (random_.below(10) == 0) rooms_->release({"main", room});
    executor_->run_ready();
    if (outcome) log.push_back(std::move(update));
    return outcome;
  }

  Result<RoomRecord> load(const std::string& room) {
    Result<RoomRecord> record = fail(Errc::Invalid, "not completed");
    rooms_->load({"main", room}, [&record](Result<RoomRecord> done) { record = std::move(done); });
    executor_->run_ready();
    return record;
  }

  Error append_until_full() {
    for (int i = 0; i < kAppendsMax; ++i) {
      const auto outcome = append(kRooms.at(random_.below(kRooms.size())));
      if (!outcome) return outcome.error();
    }
    return {Errc::Invalid, "the disk never ran full"};
  }

  void expect_all_there(const std::string& when) {
    for (const char* room : kRooms) {
      const auto record = load(room);
      ASSERT_TRUE(record) << when << ": " << to_string(record.error());
      const auto& log = committed_[room];
      ASSERT_EQ(record->last_seq, log.size()) << when << ", room " << room;
      for (const LogEntry& entry : record->tail) {
        ASSERT_EQ(entry.update, log.at(entry.seq - 1)) << when << ", room " << room;
      }
    }
  }

  void maintain() {
    executor_->advance(Duration(70'000));
    executor_->run_ready();
  }

  // What a process that dies leaves behind, on a disk that is still full.
  void restart_on_full_disk() {
    if (const auto opened = open(); !opened) {
      EXPECT_THAT(to_string(opened.error()),
                  AnyOf(HasSubstr("No space left"), HasSubstr("full"), HasSubstr("disk I/O error"),
                        HasSubstr("too large")));
      EXPECT_THAT(to_string(opened.error()), HasSubstr(directory_.path()));
    }
  }

  SeededRandom random_{seed_of_run()};
  TemporaryDirectory directory_;
  ManualTime time_;
  NullLog log_;
  std::unique_ptr<ManualExecutor> executor_;
  std::shared_ptr<SqliteStore> store_;
  std::unique_ptr<RoomStore> rooms_;
  std::map<std::string, std::vector<Bytes>> committed_;
};

TEST_P(FullDiskTest, nothing_committed_is_lost_and_the_store_goes_on_when_there_is_room) {
  auto disk = SmallDisk::make(directory_.path(), GetParam(), kPlenty);
  ASSERT_TRUE(disk) << "no disk that runs full can be made here: " << to_string(disk.error());
  RecordProperty("disk", disk->is_mounted() ? "tmpfs" : "file size limit");
  ASSERT_TRUE(open());
  const int rounds = disk->is_mounted() ? kRoundsMounted : kRoundsLimited;
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    const std::string when =
        "seed " + std::to_string(seed_of_run()) + ", round " + std::to_string(round);
    ASSERT_TRUE(disk->resize(disk->used_bytes() + random_.below(100'000)));
    const Error full = append_until_full();
    ASSERT_EQ(full.code, Errc::Unavailable) << when << ": " << to_string(full);
    // A file above its limit is to SQLite an error like any other.
    EXPECT_THAT(to_string(full), HasSubstr(disk->is_mounted() ? "disk is full" : "disk I/O error"))
        << when;
    EXPECT_THAT(to_string(full), HasSubstr(directory_.path() + "/rooms.db"));
    if (random_.below(2) == 0) maintain();
    expect_all_there(when + ", full");
    if (random_.below(3) == 0) restart_on_full_disk();
    ASSERT_TRUE(disk->resize(kPlenty));
    if (!rooms_) {
      const auto opened = open();
      ASSERT_TRUE(opened) << when << ": " << to_string(opened.error());
    }
    expect_all_there(when + ", room again");
    for (const char* room : kRooms) {
      const auto outcome = append(room);
      ASSERT_TRUE(outcome) << when << ": " << to_string(outcome.error());
    }
  }
  const auto report = verify_database(directory_.path() + "/rooms.db", {});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_TRUE(report->is_clean()) << report->findings.front().what;
  ASSERT_TRUE(open());
  expect_all_there("after the last restart");
}

INSTANTIATE_TEST_SUITE_P(Disks, FullDiskTest,
                         testing::Values(SmallDiskKind::Mounted, SmallDiskKind::LimitedFiles),
                         [](const auto& tested) {
                           return tested.param == SmallDiskKind::Mounted ? "mounted"
                                                                         : "limited_files";
                         });

}  // namespace
}  // namespace runnel::storage
