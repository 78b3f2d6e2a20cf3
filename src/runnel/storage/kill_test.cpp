// kill -9 of a process that writes, at random instants: whatever it was told is committed is there
// afterwards, whole and in order, and the next process opens without a repair step.
#include "runnel/storage/file_descriptor.h"
#include "runnel/storage/sqlite_store.h"
#include "runnel/storage/testing/temporary_directory.h"
#include "runnel/storage/verify.h"
#include "runnel/storage/wal_file.h"
#include "runnel/storage/worker_thread.h"

#include "base/random_source.h"
#include "base/testing/manual_executor.h"
#include "base/testing/test_numbers.h"
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <vector>

namespace runnel::storage {
namespace {

constexpr std::size_t kRooms = 8;
constexpr int kKills = 30;
constexpr std::uint64_t kReportsMax = 2000;
constexpr std::chrono::seconds kDeadline{60};

RoomId room_id(std::size_t room) { return {"main", "room-" + std::to_string(room)}; }

// Different for each room and position, so that an entry in a wrong place shows.
Bytes update_of(std::size_t room, Seq seq) {
  SeededRandom random(room * 1'000'003 + seq);
  const bool large = seq % 97 == 0;
  Bytes update(large ? 70'000 : random.below(400));
  for (std::uint8_t& byte : update) byte = static_cast<std::uint8_t>(random.next());
  return update;
}

// What the child reports of each commit.
struct Report {
  std::uint64_t room;
  Seq seq;
};

SqliteStoreOptions store_options(const std::string& path) {
  // Small, so that kills meet folds and checkpoints.
  return {
      .path = path, .sync_delay = Duration(2), .checkpoint_pages = 50, .journal_bytes_max = 50'000};
}

// The child: appends to every room without end, some in flight at a time, and reports each commit.
class Writer {
 public:
  Writer(const std::string& path, int reports, const std::array<Seq, kRooms>& last_seqs)
      : reports_(reports), next_(last_seqs) {
    const auto borrow = [this](const std::function<void()>& task) { return writer_.try_run(task); };
    auto store = SqliteStore::open(store_options(path), {writer_, reader_, syncer_, borrow},
                                   wal_file_of(path), time_, log_);
    if (!store) ::_exit(2);
    store_ = *store;
  }

  [[noreturn]] void run() {
    loop_.post([this] {
      rooms_ = store_->attach(loop_);
      for (std::size_t room = 0; room < kRooms; ++room) {
        for (int i = 0; i < 3; ++i) append(room);
      }
    });
    while (true) ::pause();
  }

 private:
  void append(std::size_t room) {
    const Seq seq = ++next_.at(room);
    rooms_->append(room_id(room), {.seq = seq, .update = update_of(room, seq)},
                   [this, room, seq](const Result<void>& done) {
                     const Report report{.room = room, .seq = seq};
                     if (!done || ::write(reports_, &report, sizeof report) != sizeof report) {
                       ::_exit(3);
                     }
                     append(room);
                   });
    if (seq % 50 == 0) rooms_->release(room_id(room));
  }

  int reports_;
  std::array<Seq, kRooms> next_;
  SystemTime time_;
  NullLog log_;
  WorkerThread loop_{"loop"};
  WorkerThread writer_{"writer"};
  WorkerThread reader_{"reader"};
  WorkerThread syncer_{"syncer"};
  std::shared_ptr<SqliteStore> store_;
  std::unique_ptr<RoomStore> rooms_;
};

class KillTest : public testing::Test {
 protected:
  // Lets a child write until it has reported so many commits, then kills it. Everything that it has
  // reported until its end counts.
  void write_until_killed(std::uint64_t reports) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      ::alarm(static_cast<unsigned>(kDeadline.count()));  // should this test die first
      Writer(path_, ends[1], committed_).run();
    }
    const FileDescriptor read_end(ends[0]);
    ::close(ends[1]);
    std::uint64_t seen = 0;
    while (seen < reports && take_report(read_end.get())) ++seen;
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (take_report(read_end.get())) ++seen;
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer ended by itself";
    EXPECT_GE(seen, reports);
    reported_ += seen;
  }

  // False at the end, which comes with the child's.
  bool take_report(int from) {
    pollfd readable{.fd = from, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, static_cast<int>(kDeadline.count() * 1000)) <= 0) {
      ADD_FAILURE() << "the writer has said nothing for a minute";
      return false;
    }
    Report report{};
    const ssize_t got = ::read(from, &report, sizeof report);
    if (got == 0) return false;
    EXPECT_EQ(got, static_cast<ssize_t>(sizeof report));
    Seq& last = committed_.at(report.room);
    EXPECT_EQ(report.seq, last + 1) << "commits of room " << report.room << " came out of order";
    last = report.seq;
    return true;
  }

  void check_content() {
    ManualTime time;
    ManualExecutor executor(time);
    NullLog log;
    auto store = SqliteStore::open(store_options(path_), {executor, executor, executor},
                                   wal_file_of(path_), time, log);
    ASSERT_TRUE(store) << to_string(store.error());
    const auto rooms = (*store)->attach(executor);
    for (std::size_t room = 0; room < kRooms; ++room) {
      Result<RoomRecord> record = fail(Errc::Invalid, "not completed");
      rooms->load(room_id(room), [&record](Result<RoomRecord> done) { record = std::move(done); });
      executor.run_ready();
      ASSERT_TRUE(record) << to_string(record.error());
      EXPECT_GE(record->last_seq, committed_.at(room)) << "of room " << room;
      Seq expected = 0;
      for (const LogEntry& entry : record->tail) {
        ASSERT_EQ(entry.seq, ++expected);
        ASSERT_EQ(entry.update, update_of(room, entry.seq)) << "room " << room;
      }
      ASSERT_EQ(expected, record->last_seq);
      committed_.at(room) = record->last_seq;  // one whose report the kill has cut off
    }
    const auto report = verify_database(path_, {});
    ASSERT_TRUE(report) << to_string(report.error());
    EXPECT_TRUE(report->is_clean()) << report->findings.front().what;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/rooms.db";
  std::array<Seq, kRooms> committed_{};
  std::uint64_t reported_{0};
};

TEST_F(KillTest, whatever_was_reported_as_committed_is_there_after_kill_9) {
  SeededRandom random(seed_of_run());
  for (int i = 0; i < kKills && !HasFailure(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed_of_run()) + ", kill " + std::to_string(i));
    write_until_killed(1 + random.below(kReportsMax));
    check_content();
  }
  RecordProperty("commits", std::to_string(reported_));
}

}  // namespace
}  // namespace runnel::storage
