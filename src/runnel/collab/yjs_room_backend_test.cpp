// A Yjs room and the application's backend: opening, pending, merging, saving.
#include "runnel/collab/testing/yjs_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::collab {
namespace {

using backend::LoadedSnapshot;
using backend::LoadOutcome;
using backend::SaveOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

LoadedSnapshot content() {
  return {.outcome = LoadOutcome::Content, .update = insert_update(50, 0, "stored"), .reason = {}};
}

LoadedSnapshot empty() { return {.outcome = LoadOutcome::Empty, .update = {}, .reason = {}}; }

LoadedSnapshot unknown() {
  return {.outcome = LoadOutcome::Unknown, .update = {}, .reason = "HTTP 500"};
}

struct Backed : YjsFixture {
  explicit Backed(CollabOptions collab_options = {}) : YjsFixture(collab_options, true) {
    open_shop();
  }

  [[nodiscard]] std::vector<storage::Seq> saved_seqs() const {
    std::vector<storage::Seq> out;
    for (const auto& save : backend.saves) out.push_back(save.seq);
    return out;
  }
};

// --- Opening

TEST(Opening, WaitsForTheBackendAndServesItsContentWhichIsThenInTheLogToo) {
  Backed yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  yjs.settle();
  EXPECT_THAT(a.fake->sent, IsEmpty());
  yjs.backend.waiting(content());
  a.pump();
  EXPECT_EQ(a.clock_of(50), 6U);
  EXPECT_EQ(a.take_kinds(), "Step1 Step2");
  EXPECT_EQ(yjs.model.peek(yjs.room).tail.size(), 1U);
  EXPECT_EQ(yjs.backend.changes, 0);
}

TEST(Opening, AnEmptyBackendMakesAnEmptyDocument) {
  Backed yjs;
  yjs.backend.answer = empty();
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  EXPECT_TRUE(a.is_synced());
  EXPECT_EQ(yjs.stat("backend_known"), 1);
}

TEST(Opening, ALogOfItsOwnOpensTheRoomAtOnceAndTheBackendMergesInBehind) {
  Backed yjs;
  yjs.backend.answer = empty();
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.type("mine");
  a.pump();
  yjs.restart();
  yjs.backend.answer.reset();
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  b.pump();
  EXPECT_TRUE(b.is_synced());
  EXPECT_EQ(b.clock_of(1), 4U);
  yjs.backend.waiting(content());
  b.pump();
  EXPECT_EQ(b.clock_of(50), 6U);
}

TEST(Opening, AnUnknownOutcomeNeverBecomesAnEmptyDocument) {
  Backed yjs;
  yjs.backend.answer = unknown();
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  a.connect(yjs.room);
  b.connect(yjs.room);
  yjs.advance(milliseconds(1900));
  EXPECT_THAT(a.fake->sent, IsEmpty());
  yjs.advance(milliseconds(200));
  yjs.settle_all({&a, &b});
  EXPECT_EQ(a.take_kinds(), "Step1");
  EXPECT_FALSE(a.is_synced());
  EXPECT_THAT(a.take_texts(), Contains(HasSubstr(R"("type":"service_status","available":false)")));
  EXPECT_EQ(yjs.metrics.pending_rooms.value(), 1);

  // People work together meanwhile, and it is logged.
  a.type("seed?");
  yjs.settle_all({&a, &b});
  EXPECT_EQ(b.clock_of(1), 5U);
  EXPECT_EQ(yjs.model.peek(yjs.room).tail.size(), 1U);
  yjs.advance(std::chrono::minutes(10));
  EXPECT_THAT(yjs.backend.saves, IsEmpty());
  EXPECT_GT(yjs.backend.loads, 5);

  yjs.backend.answer = content();
  yjs.advance(seconds(61));
  yjs.settle_all({&a, &b});
  EXPECT_TRUE(a.is_synced());
  EXPECT_TRUE(b.is_synced());
  EXPECT_EQ(b.clock_of(50), 6U);
  EXPECT_THAT(b.take_texts(), Contains(R"({"type":"service_status","available":true})"));
  EXPECT_EQ(yjs.metrics.pending_rooms.value(), 0);
  yjs.advance(seconds(31));
  EXPECT_EQ(yjs.backend.saves.size(), 1U);
}

TEST(Opening, ALogThatBeganWhileTheRoomWasPendingIsNotTakenForTheDocumentAfterARestart) {
  Backed yjs;
  yjs.backend.answer = unknown();
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  yjs.advance(seconds(3));
  a.pump();
  a.type("pending");
  a.pump();
  yjs.restart();
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  yjs.advance(seconds(3));
  b.pump();
  EXPECT_FALSE(b.is_synced());
  yjs.backend.answer = content();
  yjs.advance(seconds(10));
  b.pump();
  EXPECT_TRUE(b.is_synced());
  EXPECT_EQ(b.clock_of(50), 6U);
  EXPECT_EQ(b.clock_of(1), 7U);

  yjs.restart();
  yjs.backend.answer = unknown();
  TestClient c(yjs, 3);
  c.connect(yjs.room);
  c.pump();
  EXPECT_TRUE(c.is_synced());  // now the log is the document's
}

TEST(Opening, ALogThatHasMoreThanTheBackendIsSavedThoughNobodyTypes) {
  Backed yjs;
  yjs.backend.answer = empty();
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.type("from before there was a backend");
  a.pump();
  yjs.restart();  // the log is all that tells of it
  yjs.backend.saves.clear();
  yjs.backend.answer = content();
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  b.pump();
  yjs.advance(seconds(31));
  EXPECT_EQ(yjs.backend.saves.size(), 1U);

  // What it had is in the log by now, and so is what was saved: nothing more to say.
  yjs.restart();
  yjs.backend.answer = LoadedSnapshot{
      .outcome = LoadOutcome::Content, .update = yjs.backend.saves[0].update, .reason = {}};
  yjs.backend.saves.clear();
  TestClient c(yjs, 3);
  c.connect(yjs.room);
  c.pump();
  yjs.advance(seconds(31));
  EXPECT_THAT(yjs.backend.saves, IsEmpty());
}

TEST(Opening, ContentThatTheRoomHasAlreadyChangesNothing) {
  Backed yjs;
  yjs.backend.answer = content();
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  yjs.restart();
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  b.pump();
  EXPECT_EQ(yjs.model.peek(yjs.room).tail.size(), 1U);
  EXPECT_EQ(b.take_kinds(), "Step1 Step2");
}

TEST(Opening, ContentThatCannotBeMergedIsUnknownAndNothingIsSavedOverIt) {
  Backed yjs;
  yjs.backend.answer =
      LoadedSnapshot{.outcome = LoadOutcome::Content, .update = Bytes{9, 9, 9}, .reason = {}};
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  yjs.advance(seconds(3));
  a.pump();
  a.type("x");
  yjs.advance(std::chrono::minutes(2));
  a.pump();
  EXPECT_FALSE(a.is_synced());
  EXPECT_THAT(yjs.backend.saves, IsEmpty());
}

// --- Saving

struct Saving : Backed {
  explicit Saving(CollabOptions collab_options = {}) : Backed(collab_options) {
    backend.answer = empty();
  }
};

TEST(Saving, HappensEvery30SecondsWhileOccupiedAndOnlyWhenSomethingChanged) {
  Saving yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  yjs.advance(seconds(120));
  EXPECT_THAT(yjs.backend.saves, IsEmpty());
  a.type("x");
  yjs.advance(milliseconds(29'900));
  EXPECT_THAT(yjs.backend.saves, IsEmpty());
  EXPECT_EQ(yjs.backend.changes, 1);
  yjs.advance(milliseconds(200));
  EXPECT_THAT(yjs.saved_seqs(), ElementsAre(1U));
  EXPECT_EQ(yjs.backend.saves[0].update, insert_update(1, 0, "x"));
  EXPECT_EQ(yjs.backend.saves[0].state_vector, (Bytes{1, 1, 1}));
  yjs.advance(seconds(120));
  EXPECT_EQ(yjs.backend.saves.size(), 1U);
  for (int i = 0; i < 50; ++i) {
    a.type("y");
    yjs.advance(seconds(1));
  }
  yjs.advance(seconds(30));
  EXPECT_EQ(yjs.backend.saves.size(), 3U);
}

TEST(Saving, HappensOnce7SecondsAfterTheLastLeaveAndAReturnCancelsIt) {
  Saving yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.type("x");
  a.disconnect();
  yjs.advance(milliseconds(6'900));
  a.connect(yjs.room);
  yjs.advance(seconds(2));
  EXPECT_THAT(yjs.backend.saves, IsEmpty());
  a.disconnect();
  yjs.advance(milliseconds(6'900));
  EXPECT_THAT(yjs.backend.saves, IsEmpty());
  yjs.advance(milliseconds(200));
  EXPECT_EQ(yjs.backend.saves.size(), 1U);
  yjs.advance(seconds(60));
  EXPECT_EQ(yjs.backend.saves.size(), 1U);
}

TEST(Saving, ADeletionAloneIsAChangeToBeSaved) {
  Saving yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.type("hello");
  yjs.advance(seconds(31));
  a.erase(2);
  yjs.advance(seconds(31));
  EXPECT_EQ(yjs.backend.saves.size(), 2U);
  EXPECT_EQ(yjs.backend.saves[0].state_vector, yjs.backend.saves[1].state_vector);
}

TEST(Saving, HappensAtEvictionAndAtShutdownBeforeTheRoomGoes) {
  Saving yjs({.save_disconnect_debounce = seconds(100)});
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.type("x");
  a.disconnect();
  yjs.advance(seconds(31));
  EXPECT_EQ(yjs.backend.saves.size(), 1U);
  a.connect(yjs.room);
  a.pump();
  a.type("y");
  yjs.settle();
  yjs.directory->drain([] {});
  yjs.advance(milliseconds(50));
  EXPECT_EQ(yjs.backend.saves.size(), 2U);
}

TEST(Saving, AnEmptyDocumentIsNotSaved) {
  Saving yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.send(ycpp::encode_sync_update(Bytes{0, 0}));
  a.disconnect();
  yjs.advance(seconds(60));
  EXPECT_THAT(yjs.backend.saves, IsEmpty());
}

TEST(Saving, ClientsHearOfASaveOnlyAfterTheBackendHasItAndOfAnOutageOnce) {
  Saving yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.type("x");
  yjs.advance(seconds(31));
  a.pump();
  EXPECT_THAT(a.take_texts(), Not(Contains(HasSubstr("sync_complete"))));
  yjs.backend.report(SaveOutcome::Failing, 1);
  a.pump();
  EXPECT_THAT(a.take_texts(), Contains(HasSubstr("PERSIST_FAILED")));
  TestClient late(yjs, 2);
  late.connect(yjs.room);
  late.pump();
  EXPECT_THAT(late.take_texts(), ElementsAre(HasSubstr(R"("service_status","available":false)")));
  EXPECT_THAT(a.take_texts(), IsEmpty());
  yjs.backend.report(SaveOutcome::Saved, 1, 7);
  yjs.advance(milliseconds(200));
  late.pump();
  EXPECT_THAT(late.take_texts(), Contains(R"({"type":"service_status","available":true})"));
  a.pump();
  EXPECT_THAT(a.take_texts(),
              ElementsAre(R"({"type":"service_status","available":true})",
                          R"({"type":"sync_complete","snapshotVersion":7})",
                          R"({"type":"ack","received":2,"durable":2,"backend":2})"));
}

TEST(Saving, ASaveThatHadNothingToSendMovesAcksOnAndEndsAnOutageButHasNoVersion) {
  Saving yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.type("x");
  yjs.backend.report(SaveOutcome::Failing, 0);
  yjs.advance(seconds(31));
  a.pump();
  (void)a.take_texts();
  yjs.backend.report(SaveOutcome::Unchanged, 1, 7);
  yjs.advance(milliseconds(200));
  a.pump();
  EXPECT_THAT(a.take_texts(),
              ElementsAre(R"({"type":"service_status","available":true})",
                          R"({"type":"ack","received":2,"durable":2,"backend":2})"));
}

TEST(Saving, WhatTheBackendHadMoreIsMergedAndSavedAgain) {
  Saving yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.type("x");
  yjs.advance(seconds(31));
  yjs.backend.listener({.outcome = SaveOutcome::Conflict,
                        .seq = 1,
                        .snapshot_version = 0,
                        .merge = insert_update(60, 0, "theirs")});
  a.pump();
  EXPECT_EQ(a.clock_of(60), 6U);
  ASSERT_EQ(yjs.backend.saves.size(), 2U);
  EXPECT_EQ(yjs.backend.saves[1].seq, 2U);
}

TEST(Saving, DebounceAndItsLongestWaitAreThereForThoseWhoWantThem) {
  Saving yjs(
      {.save_interval = seconds(1000), .save_debounce = seconds(2), .save_max_wait = seconds(10)});
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.type("x");
  yjs.advance(seconds(3));
  EXPECT_EQ(yjs.backend.saves.size(), 1U);
  for (int i = 0; i < 12; ++i) {
    a.type("y");
    yjs.advance(seconds(1));
  }
  EXPECT_EQ(yjs.backend.saves.size(), 2U);
}

TEST(Saving, ARoomWithoutALogIsKeptByTheOutboxAlone) {
  Saving yjs({.persist = PersistMode::None});
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.type("x");
  a.disconnect();
  yjs.advance(seconds(8));
  ASSERT_EQ(yjs.backend.saves.size(), 1U);
  EXPECT_FALSE(yjs.backend.saves[0].logged);
}

}  // namespace
}  // namespace runnel::collab
