// The Yjs room as its clients see it: handshake, editing, turns, the log behind it.
#include "runnel/collab/testing/yjs_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::collab {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(YjsRoom, PushesItsStateVectorAndAnswersTheClientsAlsoWhenThereIsNothingToSay) {
  Yjs yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  yjs.settle();
  ASSERT_EQ(a.fake->sent.size(), 2U);
  EXPECT_EQ(*a.fake->sent[0].payload, (Bytes{0, 0, 1, 0}));
  EXPECT_EQ(*a.fake->sent[1].payload, (Bytes{0, 1, 2, 0, 0}));
  a.pump();
  a.send({0, 0, 1, 0});
  a.take_kinds();
  a.pump();
  EXPECT_EQ(a.take_kinds(), "Step2");
}

TEST(YjsRoom, AwarenessIsPartOfTheHandshakeOnlyWhenThereIsAny) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  a.connect(yjs.room);
  a.announce(1, R"({"n":"a"})");
  a.pump();
  EXPECT_EQ(a.take_kinds(), "Step1 Step2");
  b.connect(yjs.room);
  b.pump();
  EXPECT_EQ(b.take_kinds(), "Step1 Awareness Step2");
  EXPECT_EQ(b.awareness().clients().size(), 1U);
}

TEST(YjsRoom, WhatOneTypesTheOtherHasAndTheSenderGetsNoCopy) {
  Yjs yjs;
  TwoEditors editors(yjs);
  auto& [a, b] = editors;
  a.take_kinds();
  b.take_kinds();
  const Bytes update = a.type("hello");
  yjs.settle_all({&a, &b});
  EXPECT_EQ(a.take_kinds(), "");
  EXPECT_EQ(b.take_kinds(), "Update");
  EXPECT_THAT(b.updates, ElementsAre(update));
  b.type(" world");
  a.erase(1);
  yjs.settle_all({&a, &b});
  EXPECT_TRUE(a.has_same_document_as(b));
}

TEST(YjsRoom, UpdatesOfOneTurnLeaveAsOneAndAreLoggedAsOne) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  TestClient c(yjs, 3);
  for (TestClient* client : {&a, &b, &c}) client->connect(yjs.room);
  yjs.settle_all({&a, &b, &c});
  c.take_kinds();
  a.take_kinds();
  for (int i = 0; i < 10; ++i) a.type("x");
  yjs.settle_all({&c});
  EXPECT_EQ(c.take_kinds(), "Update");
  EXPECT_EQ(yjs.logged(), 1U);
  EXPECT_EQ(yjs.metrics.updates_out.value(), 2U);

  a.type("y");
  b.type("z");
  yjs.settle_all({&a, &b, &c});
  EXPECT_EQ(a.take_kinds(), "Update");  // the other's is in it
  EXPECT_EQ(c.take_kinds(), "Update");
  EXPECT_EQ(yjs.logged(), 2U);
  EXPECT_TRUE(a.has_same_document_as(c));
  EXPECT_TRUE(b.has_same_document_as(c));
}

TEST(YjsRoom, NobodySeesAnUpdateBeforeItIsInTheLog) {
  Yjs yjs;
  TwoEditors editors(yjs);
  auto& [a, b] = editors;
  yjs.store->hold(true);
  a.type("hello");
  b.send({0, 0, 1, 0});  // nor in an answer that is asked for meanwhile
  b.pump();
  EXPECT_EQ(b.clock_of(1), 0U);
  yjs.store->hold(false);
  b.pump();
  EXPECT_EQ(b.clock_of(1), 5U);
}

TEST(YjsRoom, WithDurabilityFastNothingWaitsForTheLog) {
  Yjs yjs({}, {.gate_appends = false});
  TwoEditors editors(yjs);
  auto& [a, b] = editors;
  yjs.store->hold(true);
  a.type("hello");
  b.pump();
  EXPECT_EQ(b.clock_of(1), 5U);
}

TEST(YjsRoom, EverythingIsThereAgainAfterARestart) {
  Yjs yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  a.type("hello");
  a.pump();
  a.type(" world");
  a.erase(3);
  a.pump();
  yjs.restart();
  TestClient late(yjs, 2);
  late.connect(yjs.room);
  late.pump();
  EXPECT_TRUE(late.has_same_document_as(a));
}

TEST(YjsRoom, EditsMadeOfflineAreMergedOnReturnAndReachTheOthers) {
  Yjs yjs;
  TwoEditors editors(yjs);
  auto& [a, b] = editors;
  a.disconnect();
  a.type("offline");
  b.type("online");
  b.pump();
  a.connect(yjs.room);
  yjs.settle_all({&a, &b});
  EXPECT_TRUE(a.has_same_document_as(b));
  EXPECT_EQ(b.clock_of(1), 7U);
}

TEST(YjsRoom, ADocumentThatNobodyChangesIsServedFromItsBytes) {
  Yjs yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.type("hello");
  a.erase(2);
  a.pump();
  EXPECT_EQ(yjs.stat("integrated"), 1);
  yjs.restart();
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  b.pump();
  TestClient again(yjs, 3);
  again.connect(yjs.room);
  again.pump();
  // Their step 2 carries the whole delete set; that is nothing new.
  EXPECT_TRUE(b.has_same_document_as(a));
  EXPECT_EQ(yjs.stat("integrated"), 0);
  EXPECT_EQ(yjs.metrics.integrated_rooms.value(), 0);
  b.type("x");
  yjs.settle_all({&b, &again});
  EXPECT_EQ(yjs.stat("integrated"), 1);
  EXPECT_TRUE(again.has_same_document_as(b));
}

TEST(YjsRoom, ADocumentThatRestsBecomesBytesAgainAndLosesNothing) {
  Yjs yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.type("hello");
  a.pump();
  yjs.advance(std::chrono::seconds(90));
  EXPECT_EQ(yjs.stat("integrated"), 0);
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  b.pump();
  EXPECT_TRUE(b.has_same_document_as(a));
  a.pump();
  a.type(" again");
  yjs.settle_all({&a, &b});
  EXPECT_TRUE(b.has_same_document_as(a));
}

TEST(YjsRoom, WhatDependsOnMissingUpdatesIsKeptLoggedAndToldAndRelayedOnceItFits) {
  Yjs yjs;
  TwoEditors editors(yjs);
  auto& [a, b] = editors;
  b.take_kinds();
  a.send(ycpp::encode_sync_update(insert_update(7, 3, "def")));
  b.pump();
  EXPECT_EQ(b.take_kinds(), "");
  EXPECT_EQ(yjs.logged(), 1U);

  yjs.restart();  // it is in the log
  TestClient late(yjs, 3);
  late.connect(yjs.room);
  late.pump();
  EXPECT_EQ(late.clock_of(7), 0U);
  EXPECT_GT(late.doc().pending_bytes(), 0U);  // it was told
  late.take_kinds();
  TestClient writer(yjs, 4);
  writer.connect(yjs.room);
  writer.send(ycpp::encode_sync_update(insert_update(7, 0, "abc")));
  yjs.settle_all({&late, &writer});
  EXPECT_EQ(late.clock_of(7), 6U);
}

TEST(YjsRoom, TheSameUpdateAgainIsNeitherLoggedNorSent) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  a.connect(yjs.room);
  b.connect(yjs.room);
  const Bytes update = a.type("x");
  yjs.settle_all({&a, &b});
  b.take_kinds();
  a.send(ycpp::encode_sync_update(update));
  a.send(ycpp::encode_sync_step2(update));
  b.pump();
  EXPECT_EQ(b.take_kinds(), "");
  EXPECT_EQ(yjs.logged(), 1U);
}

TEST(YjsRoom, TheLogIsFoldedWhileTheRoomLivesAndWhenItLeaves) {
  Yjs yjs({.compact_bytes = 2000});
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  for (int i = 0; i < 200; ++i) {
    a.type("some words that are typed");
    a.pump();
  }
  EXPECT_GT(yjs.metrics.compactions.value(), 1U);
  EXPECT_LT(yjs.logged(), 200U);
  EXPECT_GT(yjs.model.peek(yjs.room).snapshot_seq, 0U);
  a.disconnect();
  yjs.advance(std::chrono::seconds(60));
  EXPECT_EQ(yjs.logged(), 0U);
  EXPECT_EQ(yjs.model.peek(yjs.room).snapshot_seq, 200U);
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  b.pump();
  EXPECT_TRUE(b.has_same_document_as(a));
}

TEST(YjsRoom, HistoryKeepsEveryEntryWithItsAuthorUntilItsBound) {
  Yjs yjs({.persist = PersistMode::History, .history_updates = 3});
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  a.connect(yjs.room, editor("", "ann"));
  b.connect(yjs.room, editor("", "bob"));
  yjs.settle_all({&a, &b});
  a.type("1");
  b.type("2");
  a.pump();
  ASSERT_EQ(yjs.logged(), 2U);
  EXPECT_EQ(yjs.model.peek(yjs.room).tail[0].author, "ann");
  EXPECT_EQ(yjs.model.peek(yjs.room).tail[1].author, "bob");
  EXPECT_TRUE(yjs.model.peek(yjs.room).tail[1].keep);
  a.disconnect();
  b.disconnect();
  yjs.advance(std::chrono::seconds(60));
  EXPECT_EQ(yjs.logged(), 2U);
  b.connect(yjs.room, editor("", "bob"));
  for (int i = 0; i < 2; ++i) {
    b.type("3");
    b.pump();
  }
  EXPECT_EQ(yjs.logged(), 0U);
  EXPECT_EQ(yjs.model.peek(yjs.room).snapshot_seq, 4U);
}

TEST(YjsRoom, PersistNoneWritesNothing) {
  Yjs yjs({.persist = PersistMode::None});
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  a.connect(yjs.room);
  b.connect(yjs.room);
  a.type("gone tomorrow");
  yjs.settle_all({&a, &b});
  EXPECT_TRUE(a.has_same_document_as(b));
  EXPECT_EQ(yjs.model.peek(yjs.room).state, storage::RoomState::Absent);
}

TEST(YjsRoom, AHotRoomWidensItsTurnsAndAQuietOneWaitsForNothing) {
  Yjs yjs;
  std::vector<std::unique_ptr<TestClient>> clients;
  for (std::uint8_t i = 1; i <= 40; ++i) {
    clients.push_back(std::make_unique<TestClient>(yjs, i));
    clients.back()->connect(yjs.room);
  }
  for (auto& client : clients) client->pump();
  TestClient& writer = *clients[0];
  TestClient& reader = *clients[1];
  reader.updates.clear();
  yjs.advance(std::chrono::milliseconds(200));
  writer.type("x");
  reader.pump();
  EXPECT_EQ(reader.updates.size(), 1U);  // at once
  for (int i = 0; i < 300; ++i) {
    writer.type("x");
    yjs.advance(std::chrono::milliseconds(1));
  }
  yjs.advance(std::chrono::milliseconds(20));
  reader.pump();
  EXPECT_EQ(reader.clock_of(1), 301U);
  EXPECT_LT(reader.updates.size(), 150U);
  EXPECT_GT(reader.updates.size(), 25U);
}

TEST(YjsRoom, EvictionAndAReturnInTheMiddleOfItLoseNothing) {
  Yjs yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.type("hello");
  a.disconnect();  // before it was ever flushed
  yjs.advance(std::chrono::seconds(31));
  EXPECT_EQ(yjs.directory->room_count(), 0U);
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  b.pump();
  EXPECT_EQ(b.clock_of(1), 5U);
}

TEST(YjsRoom, DrainingAtShutdownLosesNothingThatWasDelivered) {
  Yjs yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  yjs.settle();
  a.type("last words");
  bool drained = false;
  yjs.directory->drain([&] { drained = true; });
  yjs.advance(std::chrono::milliseconds(50));
  EXPECT_TRUE(drained);
  yjs.restart();
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  b.pump();
  EXPECT_EQ(b.clock_of(1), 10U);
}

TEST(YjsRoom, TheOperatorReadsAndWritesItThroughInternalRequestsOnly) {
  Yjs yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  room::RoomResponse answer;
  const auto ask = [&](room::RoomRequest request) {
    yjs.directory->request(yjs.room, std::move(request),
                           [&](room::RoomResponse response) { answer = std::move(response); });
    yjs.settle();
    return answer.status;
  };
  EXPECT_EQ(ask({.method = "GET"}), 426);
  EXPECT_EQ(ask({.method = "POST", .body = insert_update(9, 0, "new"), .is_internal = true}), 204);
  a.pump();
  EXPECT_EQ(a.clock_of(9), 3U);
  EXPECT_EQ(ask({.method = "POST", .body = Bytes{9}, .is_internal = true}), 400);
  EXPECT_EQ(ask({.method = "GET", .is_internal = true}), 200);
  EXPECT_EQ(answer.body, insert_update(9, 0, "new"));
}

}  // namespace
}  // namespace runnel::collab
