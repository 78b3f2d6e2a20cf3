#include "runnel/backend/outbox.h"

#include "runnel/backend/document_bytes.h"
#include "runnel/backend/testing/fake_backend.h"
#include "runnel/backend/testing/sample_updates.h"
#include "runnel/storage/testing/memory_store.h"

#include "base/testing/manual_executor.h"
#include "base/testing/manual_time.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

namespace runnel::backend {
namespace {

using namespace std::chrono_literals;

RoomId doc() { return {.party = "main", .name = "doc-1"}; }

Coverage coverage_of(const Bytes& update) {
  auto state = read_document(update);
  EXPECT_TRUE(state.has_value());
  return state ? state->coverage : Coverage{};
}

// One server process in front of a store and a backend that outlive it.
class OutboxTest : public testing::Test {
 protected:
  OutboxTest() { start(); }

  void start() {
    store_ = std::make_unique<storage::MemoryStore>(store_model_, loop_, time_);
    backend_ = std::make_unique<FakeBackend>(backend_model_, loop_);
    outbox_ = std::make_unique<Outbox>(OutboxDeps{.executor = loop_,
                                                  .time = time_,
                                                  .random = random_,
                                                  .log = log_,
                                                  .store = *store_,
                                                  .backend = backend_.get()},
                                       options_);
    outbox_->start([](const RoomId&) { return true; }, [] {});
    loop_.run_ready();
  }

  void kill() {
    outbox_.reset();
    backend_.reset();
    store_.reset();
  }

  void listen(const RoomId& room = doc()) {
    outbox_->listen(room, [this](const SaveReport& report) { reports_.push_back(report); });
  }

  LoadedSnapshot load(const RoomId& room = doc()) {
    std::optional<LoadedSnapshot> result;
    outbox_->load(room, [&](LoadedSnapshot loaded) { result = std::move(loaded); });
    loop_.advance(10ms);
    EXPECT_TRUE(result.has_value());
    return result ? std::move(*result) : LoadedSnapshot{};
  }

  void save(const Bytes& update, storage::Seq seq = 1, const RoomId& room = doc()) {
    outbox_->save(room, {.update = update, .state_vector = {}, .seq = seq},
                  [this](const Result<void>& result) { accepted_ += result ? 1 : 0; });
  }

  // The room's own log, as a room would have written it.
  void log(const Bytes& update, const RoomId& room = doc()) {
    const storage::Seq last = store_model_.peek(room).last_seq;
    ASSERT_TRUE(
        store_model_.append(room, {.seq = last + 1, .time_ms = 1, .author = {}, .update = update}));
  }

  [[nodiscard]] Bytes stored(const RoomId& room = doc()) const {
    const auto found = backend_model_.rooms.find(room);
    return found == backend_model_.rooms.end() ? Bytes{} : found->second.body;
  }

  [[nodiscard]] std::size_t reported(SaveOutcome outcome) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        reports_, [&](const SaveReport& report) { return report.outcome == outcome; }));
  }

  ManualTime time_;
  ManualExecutor loop_{time_};
  SeededRandom random_{7};
  NullLog log_;
  storage::StoreModel store_model_;
  FakeBackendModel backend_model_;
  OutboxOptions options_;
  std::unique_ptr<storage::MemoryStore> store_;
  std::unique_ptr<FakeBackend> backend_;
  std::unique_ptr<Outbox> outbox_;
  std::vector<SaveReport> reports_;
  int accepted_{0};
};

TEST_F(OutboxTest, ASavedSnapshotReachesTheBackendAndIsReportedOnce) {
  listen();
  EXPECT_EQ(load().outcome, LoadOutcome::Empty);
  const Bytes text = insert_update(1, 0, "hello");
  save(text, 3);
  loop_.advance(1s);
  EXPECT_EQ(stored(), text);
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].outcome, SaveOutcome::Saved);
  EXPECT_EQ(reports_[0].seq, 3U);
  EXPECT_EQ(reports_[0].snapshot_version, 1U);
  EXPECT_EQ(outbox_->saved_seq(doc()), 3U);
  EXPECT_EQ(outbox_->status(doc()).state, BackendState::Saved);
  EXPECT_EQ(accepted_, 1);
  EXPECT_TRUE(store_model_.list_records("outbox", time_.wall_ms()).empty());
}

TEST_F(OutboxTest, TheSameStateIsNotSentTwice) {
  listen();
  (void)load();
  const Bytes text = insert_update(1, 0, "hello");
  save(text);
  loop_.advance(1s);
  save(text, 2);
  loop_.advance(100s);
  EXPECT_EQ(backend_->sent.size(), 1U);
  EXPECT_EQ(outbox_->saved_seq(doc()), 2U);
  EXPECT_EQ(reported(SaveOutcome::Saved), 1U) << "a version is told once";
  EXPECT_EQ(reported(SaveOutcome::Unchanged), 1U);
}

TEST_F(OutboxTest, ADeletionAloneIsAChangeToBeSaved) {
  listen();
  (void)load();
  const Bytes text = insert_update(1, 0, "hello");
  save(text);
  loop_.advance(1s);
  const Bytes shorter = merged({text, delete_update(1, 0, 5)});
  save(shorter, 2);
  loop_.advance(1s);
  EXPECT_EQ(backend_->sent.size(), 2U);
  EXPECT_EQ(coverage_of(stored()), coverage_of(shorter));
}

TEST_F(OutboxTest, AnEmptyDocumentIsNotSavedFirst) {
  listen();
  (void)load();
  save(Bytes{0, 0}, 0);
  loop_.advance(100s);
  EXPECT_TRUE(backend_->sent.empty());
  EXPECT_EQ(outbox_->totals().rooms_waiting, 0U);
}

TEST_F(OutboxTest, NothingIsSentBeforeItIsKnownWhatTheBackendHas) {
  const Bytes theirs = insert_update(2, 0, "theirs");
  backend_model_.rooms[doc()] = {.body = theirs, .revision = 4};
  backend_->load_fault = FakeBackend::LoadFault::Unavailable;
  backend_->with_etags = false;
  listen();
  EXPECT_EQ(load().outcome, LoadOutcome::Unknown);
  save(insert_update(1, 0, "ours"));
  loop_.advance(600s);
  EXPECT_TRUE(backend_->sent.empty());
  EXPECT_EQ(stored(), theirs);
  EXPECT_EQ(reported(SaveOutcome::Failing), 1U) << "PERSIST_FAILED is sent once per outage";

  backend_->load_fault = FakeBackend::LoadFault::None;
  loop_.advance(61s);
  EXPECT_TRUE(coverage_of(stored()).covers(coverage_of(theirs)));
  EXPECT_TRUE(coverage_of(stored()).covers(coverage_of(insert_update(1, 0, "ours"))));
  EXPECT_EQ(reported(SaveOutcome::Conflict), 1U) << "the room is told what the backend had";
  EXPECT_EQ(reported(SaveOutcome::Saved), 1U);
}

TEST_F(OutboxTest, ADamagedBodyIsUnknownAndNeverOverwritten) {
  const Bytes theirs = merged({insert_update(2, 0, "theirs"), insert_update(3, 0, "more")});
  backend_model_.rooms[doc()] = {.body = theirs, .revision = 4};
  for (const auto fault : {FakeBackend::LoadFault::Truncated, FakeBackend::LoadFault::Random}) {
    backend_->load_fault = fault;
    EXPECT_EQ(load().outcome, LoadOutcome::Unknown);
    save(insert_update(1, 0, "ours"));
    loop_.advance(300s);
    EXPECT_TRUE(backend_->sent.empty());
    EXPECT_EQ(stored(), theirs);
  }
}

TEST_F(OutboxTest, AnotherServersSaveIsMergedAfterA412) {
  listen();
  (void)load();
  save(insert_update(1, 0, "ours"));
  loop_.advance(1s);
  backend_model_.rooms[doc()] = {.body = insert_update(2, 0, "theirs"), .revision = 9};
  save(merged({insert_update(1, 0, "ours"), insert_update(1, 4, " too")}), 2);
  loop_.advance(1s);
  const Coverage now = coverage_of(stored());
  EXPECT_TRUE(now.covers(coverage_of(insert_update(2, 0, "theirs"))));
  EXPECT_EQ(now.state_vector.clock(ycpp::ClientId{1}), 8U);
  EXPECT_EQ(reported(SaveOutcome::Conflict), 1U);
}

TEST_F(OutboxTest, AnotherServersFirstSaveIsNotOverwrittenByOurs) {
  listen();
  (void)load();
  backend_model_.rooms[doc()] = {.body = insert_update(2, 0, "theirs"), .revision = 1};
  save(insert_update(1, 0, "ours"));
  loop_.advance(1s);
  EXPECT_TRUE(coverage_of(stored()).covers(coverage_of(insert_update(2, 0, "theirs"))));
  EXPECT_TRUE(coverage_of(stored()).covers(coverage_of(insert_update(1, 0, "ours"))));
}

TEST_F(OutboxTest, ABackendThatHasAnEmptyDocumentOrSaysToHaveSomethingItHasNotIsSavedToAllTheSame) {
  listen();
  backend_->with_etags = false;
  backend_model_.rooms[doc()] = {.body = Bytes{0, 0}, .revision = 1};
  EXPECT_EQ(load().outcome, LoadOutcome::Empty);
  backend_->with_etags = true;
  save(insert_update(1, 0, "ours"));
  loop_.advance(1s);
  EXPECT_EQ(backend_->sent.size(), 1U);
  EXPECT_EQ(stored(), insert_update(1, 0, "ours"));
}

TEST_F(OutboxTest, AnotherServersSaveIsMergedAfterA409) {
  backend_->with_etags = false;
  backend_->refuses_uncovering = true;
  listen();
  (void)load();
  backend_model_.rooms[doc()] = {.body = insert_update(2, 0, "theirs"), .revision = 9};
  save(insert_update(1, 0, "ours"));
  loop_.advance(1s);
  EXPECT_TRUE(coverage_of(stored()).covers(coverage_of(insert_update(2, 0, "theirs"))));
  EXPECT_TRUE(coverage_of(stored()).covers(coverage_of(insert_update(1, 0, "ours"))));
}

TEST_F(OutboxTest, ARoomMaySubmitAnewWhileItIsToldOfTheMerge) {
  (void)load();
  const Bytes ours = insert_update(1, 0, "ours");
  const Bytes theirs = insert_update(2, 0, "theirs");
  outbox_->listen(doc(), [&](const SaveReport& report) {
    reports_.push_back(report);
    if (report.outcome != SaveOutcome::Conflict) return;
    outbox_->note_change(doc());
    save(merged({ours, report.merge}), 2);
  });
  save(ours);
  loop_.advance(1s);
  backend_model_.rooms[doc()] = {.body = theirs, .revision = 9};
  save(merged({ours, insert_update(1, 4, "!")}), 1);
  loop_.advance(10s);
  EXPECT_TRUE(coverage_of(stored()).covers(coverage_of(theirs)));
  EXPECT_EQ(outbox_->totals().rooms_waiting, 0U);
  EXPECT_EQ(reported(SaveOutcome::Conflict), 2U);
}

TEST_F(OutboxTest, AStateThatLacksWhatWasAcknowledgedIsMergedAndNotSentAsItIs) {
  backend_->with_etags = false;
  listen();
  (void)load();
  save(merged({insert_update(1, 0, "one"), delete_update(1, 0, 1)}));
  loop_.advance(1s);
  save(insert_update(2, 0, "two"), 2);
  loop_.advance(1s);
  ASSERT_EQ(backend_->sent.size(), 2U);
  EXPECT_TRUE(coverage_of(backend_->sent[1].update).covers(coverage_of(backend_->sent[0].update)));
}

TEST_F(OutboxTest, SavesOfOneRoomCoalesceAndStayInOrder) {
  listen();
  (void)load();
  backend_->delay = 5s;
  Bytes text = insert_update(1, 0, "a");
  save(text);
  loop_.advance(1s);
  for (std::uint64_t clock = 1; clock <= 20; ++clock) {
    text = merged({text, insert_update(1, clock, "b")});
    save(text, clock + 1);
  }
  loop_.advance(60s);
  ASSERT_EQ(backend_->sent.size(), 2U);
  EXPECT_EQ(coverage_of(stored()), coverage_of(text));
  EXPECT_EQ(outbox_->saved_seq(doc()), 21U);
}

TEST_F(OutboxTest, AfterAnOutageAndARestartTheSaveGoesOnFromTheLogAndVersionsGrow) {
  listen();
  (void)load();
  const Bytes first = insert_update(1, 0, "one");
  log(first);
  save(first, 1);
  loop_.advance(1s);
  backend_->save_fault = FakeBackend::SaveFault::Unavailable;
  const Bytes second = insert_update(1, 3, "two");
  log(second);
  outbox_->note_change(doc());
  save(merged({first, second}), 2);
  loop_.advance(600s);
  EXPECT_EQ(coverage_of(stored()), coverage_of(first));
  kill();

  start();
  loop_.advance(20s);  // nobody opens the room
  EXPECT_EQ(coverage_of(stored()), coverage_of(merged({first, second})));
  ASSERT_EQ(backend_->sent.size(), 1U);
  EXPECT_EQ(backend_->sent[0].version, 2U);
  EXPECT_TRUE(store_model_.list_records("outbox", time_.wall_ms()).empty());
}

TEST_F(OutboxTest, AChangeThatWasOnlyNotedIsSavedAfterACrash) {
  (void)load();
  log(insert_update(1, 0, "typed just before the crash"));
  outbox_->note_change(doc());
  loop_.run_ready();
  kill();
  start();
  loop_.advance(20s);
  EXPECT_EQ(coverage_of(stored()), coverage_of(insert_update(1, 0, "typed just before the crash")));
}

TEST_F(OutboxTest, ARoomWithoutALogIsSavedFromTheOutboxAfterARestart) {
  (void)load();
  backend_->save_fault = FakeBackend::SaveFault::Unavailable;
  const Bytes text = insert_update(1, 0, "no log");
  outbox_->save(doc(), {.update = text, .state_vector = {}, .seq = 0, .logged = false},
                [](const Result<void>&) {});
  loop_.advance(10s);
  kill();
  start();
  loop_.advance(20s);
  EXPECT_EQ(stored(), text);
}

// A room that keeps no log and comes back while its last state still waits for the backend.
TEST_F(OutboxTest, ARoomWithoutALogOpensWithWhatWaitsAndNeverReplacesIt) {
  (void)load();
  backend_->save_fault = FakeBackend::SaveFault::Unavailable;
  const Bytes first = insert_update(1, 0, "before");
  const Bytes second = insert_update(2, 0, "after");
  const auto save_unlogged = [this](const Bytes& update) {
    outbox_->save(doc(), {.update = update, .state_vector = {}, .seq = 0, .logged = false},
                  [](const Result<void>&) {});
  };
  save_unlogged(first);
  loop_.advance(10s);
  kill();
  start();
  backend_->save_fault = FakeBackend::SaveFault::Unavailable;
  const LoadedSnapshot loaded = load();
  EXPECT_EQ(loaded.outcome, LoadOutcome::Content);
  EXPECT_EQ(loaded.update, first);
  save_unlogged(second);  // as if the room had opened before it could be loaded
  loop_.advance(10s);
  backend_->save_fault = FakeBackend::SaveFault::None;
  loop_.advance(300s);
  EXPECT_TRUE(coverage_of(stored()).covers(coverage_of(first)));
  EXPECT_TRUE(coverage_of(stored()).covers(coverage_of(second)));
}

TEST_F(OutboxTest, ASaveWhoseAnswerWasLostIsFoundOutAndNotDuplicatedIntoLoss) {
  listen();
  (void)load();
  backend_->save_fault = FakeBackend::SaveFault::StoredButUnavailable;
  save(insert_update(1, 0, "one"));
  loop_.advance(1s);
  backend_->save_fault = FakeBackend::SaveFault::None;
  save(merged({insert_update(1, 0, "one"), insert_update(1, 3, "two")}), 2);
  loop_.advance(61s);
  EXPECT_EQ(coverage_of(stored()).state_vector.clock(ycpp::ClientId{1}), 6U);
  EXPECT_EQ(outbox_->totals().rooms_waiting, 0U);
}

TEST_F(OutboxTest, TooLargeIsKeptReportedOnceAndTriedAgainWhenItShrinks) {
  options_.snapshot_bytes_max = 100;
  kill();
  start();
  listen();
  (void)load();
  save(insert_update(1, 0, std::string(200, 'x')));
  loop_.advance(600s);
  save(insert_update(1, 0, std::string(300, 'x')), 2);
  loop_.advance(600s);
  EXPECT_TRUE(backend_->sent.empty());
  EXPECT_EQ(reported(SaveOutcome::TooLarge), 1U);
  EXPECT_EQ(outbox_->status(doc()).state, BackendState::TooLarge);
  save(insert_update(1, 0, "short"), 3);
  loop_.advance(1s);
  EXPECT_EQ(outbox_->status(doc()).state, BackendState::Saved);
}

TEST_F(OutboxTest, A413IsNotAskedAgainWithTheSameSize) {
  listen();
  (void)load();
  backend_->save_fault = FakeBackend::SaveFault::TooLarge;
  save(insert_update(1, 0, std::string(200, 'x')));
  loop_.advance(600s);
  EXPECT_EQ(backend_->sent.size(), 1U);
  EXPECT_EQ(reported(SaveOutcome::TooLarge), 1U);
}

TEST_F(OutboxTest, AWrongSecretIsReportedAndAskedForOnceAMinuteAtMost) {
  listen();
  (void)load();
  backend_->save_fault = FakeBackend::SaveFault::Denied;
  save(insert_update(1, 0, "x"));
  loop_.advance(600s);
  EXPECT_LE(backend_->sent.size(), 11U);
  EXPECT_GE(backend_->sent.size(), 5U);
  EXPECT_EQ(outbox_->status(doc()).state, BackendState::Denied);
  EXPECT_EQ(reported(SaveOutcome::Failing), 1U);
  backend_->save_fault = FakeBackend::SaveFault::None;
  loop_.advance(130s);
  EXPECT_EQ(outbox_->status(doc()).state, BackendState::Saved);
}

TEST_F(OutboxTest, RequestsInParallelAreBoundedAndEveryRoomGetsItsTurn) {
  backend_->delay = 1s;
  constexpr int kRooms = 100;
  std::size_t most = 0;
  for (int index = 0; index < kRooms; ++index) {
    const RoomId room{"main", "doc-" + std::to_string(index)};
    save(insert_update(1, 0, "x"), 1, room);
  }
  for (int second = 0; second < 60; ++second) {
    most = std::max(most, outbox_->totals().saves_in_flight);
    loop_.advance(1s);
  }
  EXPECT_EQ(most, options_.in_flight_max);
  EXPECT_EQ(backend_model_.rooms.size(), static_cast<std::size_t>(kRooms));
}

TEST_F(OutboxTest, FlushTriesEveryRoomOnceAndEndsWhenTheyAnswered) {
  backend_->save_fault = FakeBackend::SaveFault::Unavailable;
  (void)load();
  save(insert_update(1, 0, "x"));
  loop_.advance(30s);
  backend_->save_fault = FakeBackend::SaveFault::None;
  bool flushed = false;
  outbox_->flush(5s, [&] { flushed = true; });
  loop_.advance(100ms);
  EXPECT_TRUE(flushed);
  EXPECT_EQ(stored(), insert_update(1, 0, "x"));
}

TEST_F(OutboxTest, FlushEndsAtItsDeadlineWhenTheBackendHangs) {
  (void)load();
  backend_->save_fault = FakeBackend::SaveFault::Hang;
  save(insert_update(1, 0, "x"));
  bool flushed = false;
  outbox_->flush(5s, [&] { flushed = true; });
  loop_.advance(4s);
  EXPECT_FALSE(flushed);
  loop_.advance(2s);
  EXPECT_TRUE(flushed);
}

TEST_F(OutboxTest, MemoryIsBoundedAndTheLogIsReadInstead) {
  options_.memory_bytes_max = 1000;
  kill();
  start();
  backend_->load_fault = FakeBackend::LoadFault::Unavailable;
  for (int index = 0; index < 10; ++index) {
    const RoomId room{"main", "doc-" + std::to_string(index)};
    const Bytes text = insert_update(1, 0, std::string(300, 'x'));
    log(text, room);
    save(text, 1, room);
    loop_.advance(10ms);
  }
  backend_->load_fault = FakeBackend::LoadFault::None;
  loop_.advance(120s);
  EXPECT_EQ(backend_model_.rooms.size(), 10U);
  EXPECT_EQ(outbox_->totals().rooms_waiting, 0U);
}

TEST_F(OutboxTest, ARoomThatOpensInAnOutageIsToldOfItOnce) {
  (void)load();
  backend_->save_fault = FakeBackend::SaveFault::Unavailable;
  save(insert_update(1, 0, "x"));
  loop_.advance(5s);
  EXPECT_TRUE(reports_.empty());
  listen();
  loop_.advance(120s);
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].outcome, SaveOutcome::Failing);
  backend_->save_fault = FakeBackend::SaveFault::None;
  loop_.advance(120s);
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_EQ(reports_[1].outcome, SaveOutcome::Saved);
}

TEST_F(OutboxTest, WithoutAUrlSavesWaitAndSaySo) {
  backend_->missing = "backend.url is not set";
  backend_->load_fault = FakeBackend::LoadFault::Unavailable;
  listen();
  save(insert_update(1, 0, "x"));
  loop_.advance(60s);
  EXPECT_EQ(outbox_->status(doc()).state, BackendState::Unconfigured);
  EXPECT_EQ(outbox_->totals().rooms_waiting, 1U);
}

TEST_F(OutboxTest, ADeletedRoomIsForgottenEvenWhileItsSaveIsUnderWay) {
  listen();
  (void)load();
  backend_->delay = 5s;
  save(insert_update(1, 0, "x"));
  loop_.advance(1s);
  outbox_->forget(doc());
  loop_.advance(60s);
  EXPECT_EQ(outbox_->totals().saves_in_flight, 0U);
  EXPECT_EQ(outbox_->totals().rooms_waiting, 0U);
}

}  // namespace
}  // namespace runnel::backend
