// What a Yjs room does with those who may not write, do not read, talk nonsense or too much.
#include "runnel/collab/testing/yjs_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::collab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Connected and synced, with nothing left to read.
void join(Yjs& yjs, TestClient& client, room::ConnectInfo info = editor()) {
  client.connect(yjs.room, std::move(info));
  client.pump();
  client.take_kinds();
  client.take_texts();
}

// --- Read-only
// ------------------------------------------------------------------------------------

TEST(ReadOnly, ChangesOfAViewerAreDroppedAwarenessIsNotAndItIsToldOnce) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient viewer_client(yjs, 2);
  join(yjs, a);
  viewer_client.connect(yjs.room, viewer());
  viewer_client.pump();
  EXPECT_THAT(viewer_client.take_texts(), ElementsAre(R"({"type":"access_level","level":"view"})"));
  viewer_client.type("no");
  viewer_client.type("no");
  viewer_client.announce(1, R"({"cursor":1})");
  viewer_client.send({0, 0, 1, 0});
  viewer_client.take_kinds();
  yjs.settle_all({&a, &viewer_client});
  EXPECT_EQ(a.clock_of(2), 0U);
  EXPECT_EQ(a.take_kinds(), "Awareness");
  EXPECT_EQ(viewer_client.take_kinds(), "Step2");
  const auto texts = viewer_client.take_texts();
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_THAT(texts[0], HasSubstr("READ_ONLY"));
  EXPECT_EQ(yjs.metrics.read_only_refused.value(), 2U);
}

TEST(ReadOnly, ADowngradeAndAnUpgradeTakeEffectWithoutAReconnect) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a);
  join(yjs, b);
  yjs.directory->set_identity(b.fake->info.id, {.user_id = "b", .access = AccessLevel::Comment});
  b.type("lost");
  yjs.settle_all({&a, &b});
  EXPECT_EQ(a.clock_of(2), 0U);
  EXPECT_THAT(b.take_texts()[0], HasSubstr(R"("level":"comment")"));
  yjs.directory->set_identity(b.fake->info.id, {.user_id = "b", .access = AccessLevel::Edit});
  yjs.settle_all({&a, &b});
  EXPECT_EQ(a.clock_of(2), 4U);  // it was asked for what it could not give before
}

TEST(ReadOnly, RevocationIsToldAndClosedAsEachDialectUnderstandsIt) {
  Yjs yjs;
  TestClient partykit(yjs, 1);
  TestClient websocket(yjs, 2);
  join(yjs, partykit);
  room::ConnectInfo info = editor();
  info.dialect = static_cast<std::uint8_t>(protocol::Dialect::YWebsocket);
  join(yjs, websocket, info);
  yjs.directory->revoke(partykit.fake->info.id, "no more");
  yjs.directory->revoke(websocket.fake->info.id, "no more");
  EXPECT_EQ(partykit.fake->texts().back(), R"({"type":"permission_revoked","reason":"no more"})");
  EXPECT_EQ(partykit.fake->close_code, 1008);
  EXPECT_EQ(partykit.fake->close_reason, "AUTH_FORBIDDEN");
  EXPECT_THAT(websocket.fake->texts(), IsEmpty());
  EXPECT_EQ(websocket.fake->close_code, 4403);
}

// --- Malformed

TEST(Malformed, IsDroppedCountedAndLoggedOnceAndTheConnectionGoesOn) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a);
  join(yjs, b);
  a.send({});
  a.send({0, 7});
  a.send({0, 2, 3, 0xff, 0xff, 0xff});
  a.send({0, 0, 1, 0xff});
  a.send({1, 4, 1, 5, 1, 9});
  a.send({9, 5});  // an unknown type is no error
  a.send({3});
  yjs.settle();
  EXPECT_EQ(yjs.metrics.malformed.value(), 5U);
  EXPECT_EQ(yjs.log.count("was refused"), 1U);
  a.type("still here");
  yjs.settle_all({&a, &b});
  EXPECT_EQ(b.clock_of(1), 10U);
  EXPECT_FALSE(a.fake->close_code);
}

TEST(Malformed, MoreThanTwentyAMinuteCloseTheConnectionAndItsKeyHasToStayAway) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a, editor("pk-a"));
  join(yjs, b);
  for (int i = 0; i < 20; ++i) a.send({0, 7});
  EXPECT_FALSE(a.fake->close_code);
  a.send({0, 7});
  EXPECT_EQ(a.fake->close_code, 1008);
  EXPECT_EQ(a.fake->close_reason, "TOO_MANY_ERRORS");
  EXPECT_FALSE(b.fake->close_code);
  EXPECT_GT(yjs.offenders.retry_after_ms("pk-a", yjs.time.steady_ms()), 0);
  EXPECT_EQ(yjs.offenders.retry_after_ms("pk-b", yjs.time.steady_ms()), 0);
  yjs.advance(seconds(11));
  EXPECT_EQ(yjs.offenders.retry_after_ms("pk-a", yjs.time.steady_ms()), 0);
}

TEST(Malformed, TwentyEachMinuteAreBorne) {
  Yjs yjs;
  TestClient a(yjs, 1);
  join(yjs, a);
  for (int minute = 0; minute < 5; ++minute) {
    for (int i = 0; i < 20; ++i) a.send({0, 7});
    yjs.advance(seconds(60));
  }
  EXPECT_FALSE(a.fake->close_code);
}

TEST(Malformed, ABrokenChunkedMessageIsAskedForAgain) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a);
  join(yjs, b);
  const Bytes update = insert_update(1, 0, "chunked");
  yjs.advance(seconds(1));
  EXPECT_TRUE(a.doc().apply_update_v1(update));
  yjs.say(*a.fake, R"(y-pk-batch#{"id":"q","type":"start","size":99,"count":1})");
  a.send(ycpp::encode_sync_update(update));
  yjs.say(*a.fake, R"(y-pk-batch#{"id":"q","type":"end","size":99,"count":1})");
  yjs.settle_all({&a, &b});
  EXPECT_EQ(a.take_kinds(), "Step1");
  EXPECT_EQ(b.clock_of(1), 7U);
}

TEST(Malformed, AChunkedMessageArrivesAsOne) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a);
  join(yjs, b);
  const Bytes message = ycpp::encode_sync_update(insert_update(1, 0, "chunked"));
  const auto size = std::to_string(message.size());
  yjs.say(*a.fake, R"(y-pk-batch#{"id":"q","type":"start","size":)" + size + R"(,"count":2})");
  a.send(Bytes(message.begin(), message.begin() + 4));
  a.send(Bytes(message.begin() + 4, message.end()));
  yjs.say(*a.fake, R"(y-pk-batch#{"id":"q","type":"end","size":)" + size + R"(,"count":2})");
  b.pump();
  EXPECT_EQ(b.clock_of(1), 7U);
}

TEST(Limits, AChangeThatMakesTheDocumentTooLargeIsRefusedAsAWhole) {
  Yjs yjs({.document_bytes = 300});
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a);
  join(yjs, b);
  a.type(std::string(100, 'a'));
  a.type(std::string(100, 'b'));
  a.type(std::string(100, 'c'));
  yjs.settle_all({&a, &b});
  EXPECT_EQ(b.clock_of(1), 200U);
  EXPECT_THAT(a.take_texts()[0], HasSubstr("DOCUMENT_TOO_LARGE"));
  EXPECT_EQ(yjs.log.count("over its limit"), 1U);
}

// --- Text, control messages

TEST(Hooks, TextThatTheRoomDoesNotUnderstandIsHandedOver) {
  YjsFixture yjs;
  std::vector<std::string> texts;
  std::vector<std::string> customs;
  yjs.deps.text_hook = [&](const RoomId&, const room::Connection&, std::string_view text) {
    texts.emplace_back(text);
  };
  yjs.deps.custom_hook = [&](const RoomId&, const room::Connection&, std::string_view text) {
    customs.emplace_back(text);
  };
  yjs.open_shop();
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  a.pump();
  yjs.say(*a.fake, "hello");
  yjs.say(*a.fake, "__YPS:custom");
  EXPECT_THAT(texts, ElementsAre("hello"));
  EXPECT_THAT(customs, ElementsAre("custom"));
  EXPECT_FALSE(a.fake->close_code);
}

TEST(Hooks, ATokenRefreshIsVerifiedAndAnswered) {
  YjsFixture yjs;
  std::string token;
  std::function<void(std::string)> answer;
  yjs.deps.token_refresh = [&](ConnectionId, std::string given, auto done) {
    token = std::move(given);
    answer = std::move(done);
  };
  yjs.open_shop();
  TestClient a(yjs, 1);
  a.connect(yjs.room, editor("", "ann"));
  a.pump();
  yjs.say(*a.fake, R"({"type":"token_refresh","token":"secret"})");
  EXPECT_EQ(token, "secret");
  answer("");
  EXPECT_THAT(a.fake->texts().back(), HasSubstr(R"("type":"auth_ok","userId":"ann")"));
  answer("AUTH_INVALID");
  EXPECT_EQ(a.fake->texts().back(), R"({"type":"error","code":"AUTH_INVALID"})");
  a.disconnect();
  yjs.advance(seconds(60));
  answer("");  // the room is gone: nobody is told
}

TEST(Acks, CountWhatWasReceivedAndWhatIsDurable) {
  Yjs yjs;
  TestClient a(yjs, 1);
  join(yjs, a);
  yjs.advance(milliseconds(200));
  a.pump();
  EXPECT_THAT(a.take_texts(),  // its SyncStep2
              ElementsAre(R"({"type":"ack","received":1,"durable":1,"backend":0})"));
  yjs.store->hold_durable(true);
  a.type("x");
  a.type("y");
  yjs.advance(milliseconds(200));
  a.pump();
  EXPECT_THAT(a.take_texts(),
              ElementsAre(R"({"type":"ack","received":3,"durable":1,"backend":0})"));
  yjs.store->hold_durable(false);
  yjs.advance(milliseconds(200));
  a.pump();
  EXPECT_THAT(a.take_texts(),
              ElementsAre(R"({"type":"ack","received":3,"durable":3,"backend":0})"));
}

TEST(Acks, ReachAYWebsocketClientOnlyWhenItAskedForThem) {
  Yjs yjs;
  for (const bool asked : {false, true}) {
    TestClient a(yjs, asked ? 1 : 2);
    room::ConnectInfo info = editor();
    info.dialect = static_cast<std::uint8_t>(protocol::Dialect::YWebsocket);
    info.control_messages = asked;
    join(yjs, a, info);
    a.type("x");
    yjs.advance(milliseconds(200));
    a.pump();
    EXPECT_EQ(a.take_kinds(), asked ? "Other" : "");
    EXPECT_THAT(a.take_texts(), IsEmpty());
    a.disconnect();
  }
}

// --- Quiet rooms, awareness

TEST(QuietRoom, AnEmptyAwarenessMessageComesAfter20SecondsWithoutABinaryMessage) {
  Yjs yjs;
  TestClient a(yjs, 1);
  join(yjs, a);
  yjs.advance(milliseconds(19'900));
  a.pump();
  EXPECT_EQ(a.take_kinds(), "");
  yjs.advance(milliseconds(200));
  a.pump();
  EXPECT_EQ(a.take_kinds(), "Empty");
}

TEST(QuietRoom, NoClientIsEverSilentFor30SecondsInAnHour) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a);
  yjs.advance(seconds(7));
  join(yjs, b);
  for (int i = 0; i < 3600 / 21; ++i) {
    yjs.advance(seconds(21));
    a.pump();
    b.pump();
    EXPECT_NE(a.take_kinds(), "") << i;
    EXPECT_NE(b.take_kinds(), "") << i;
    if (i % 5 == 0) b.type("x");
  }
}

TEST(QuietRoom, ASilentYPartyServerUserStaysVisibleAndADeadOneDoesNot) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  room::ConnectInfo info = editor("EoW7Yy4Qpe");
  info.dialect = static_cast<std::uint8_t>(protocol::Dialect::YPartyServer);
  join(yjs, a, info);
  a.announce(1, R"({"n":"a"})");
  join(yjs, b);
  for (int i = 0; i < 4; ++i) {
    yjs.advance(milliseconds(15'200));
    b.pump();
    EXPECT_THAT(b.take_kinds(), HasSubstr("Awareness"));
    EXPECT_EQ(b.awareness().clients().size(), 1U);
    a.pump();
    EXPECT_THAT(a.take_kinds(), HasSubstr("Awareness"));
  }
  a.disconnect();
  b.pump();
  EXPECT_THAT(b.awareness().clients(), IsEmpty());
}

TEST(AwarenessFlow, OfOneTurnLeavesAsOneMessageWithTheLatestStates) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a);
  join(yjs, b);
  for (std::uint64_t clock = 1; clock <= 20; ++clock) {
    a.announce(clock, R"({"x":)" + std::to_string(clock) + "}");
  }
  yjs.settle_all({&b});
  EXPECT_EQ(b.take_kinds(), "Awareness");
  EXPECT_EQ(b.awareness().find(ycpp::ClientId(1))->state, R"({"x":20})");
  a.pump();
  EXPECT_EQ(a.take_kinds(), "");
}

TEST(AwarenessFlow, AFloodIsCutToItsRateAndEndsWithTheLatestState) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a);
  join(yjs, b);
  for (std::uint64_t clock = 1; clock <= 2000; ++clock) {
    a.announce(clock, R"({"x":)" + std::to_string(clock) + "}");
    yjs.advance(milliseconds(1));
  }
  yjs.advance(milliseconds(300));
  EXPECT_LT(yjs.metrics.awareness_out.value(), 250U);
  b.pump();
  EXPECT_EQ(b.awareness().find(ycpp::ClientId(1))->state, R"({"x":2000})");
}

TEST(AwarenessFlow, AReturningClientIsSentItsOwnIdAsNull) {
  Yjs yjs;
  TestClient a(yjs, 1);
  TestClient b(yjs, 2);
  join(yjs, a);
  join(yjs, b);
  a.announce(3, "{}");
  a.disconnect();
  yjs.settle();
  a.connect(yjs.room);
  a.announce(3, "{}");
  yjs.settle();
  const auto last = a.fake->sent.back();
  EXPECT_EQ(*last.payload, (Bytes{1, 8, 1, 1, 3, 4, 'n', 'u', 'l', 'l'}));
}

// --- Slow receivers

TEST(SlowReceiver, GetsOneDifferenceInsteadOfAQueueAndMissesNothing) {
  Yjs yjs({.awareness_output_bytes = 500, .output_bytes = 1000});
  TestClient a(yjs, 1);
  TestClient slow(yjs, 2);
  join(yjs, a);
  join(yjs, slow);
  slow.fake->reads = false;
  for (int i = 0; i < 200; ++i) {
    a.type(std::string(100, 'x'));
    if (i == 150) a.erase(50);
    if (i == 100) a.announce(1, "{}");
    yjs.advance(milliseconds(10));
    a.pump();
  }
  EXPECT_LT(slow.fake->buffered_bytes, 1500U);
  slow.fake->reads = true;
  slow.fake->buffered_bytes = 0;
  yjs.advance(milliseconds(100));
  slow.pump();
  EXPECT_TRUE(slow.has_same_document_as(a));
  EXPECT_EQ(yjs.metrics.resyncs.value(), 1U);
  EXPECT_THAT(slow.awareness().clients(), ElementsAre(ycpp::ClientId(1)));
  a.type("after");
  yjs.settle_all({&a, &slow});
  EXPECT_TRUE(slow.has_same_document_as(a));
}

TEST(SlowReceiver, LosesAwarenessFirstAndHearsOfThoseWhoLeftMeanwhile) {
  Yjs yjs({.awareness_output_bytes = 500, .output_bytes = 100'000});
  TestClient a(yjs, 1);
  TestClient slow(yjs, 2);
  join(yjs, a);
  join(yjs, slow);
  a.announce(1, "{}");
  slow.pump();
  EXPECT_EQ(slow.awareness().clients().size(), 1U);
  slow.fake->buffered_bytes = 600;
  slow.take_kinds();
  a.type("x");
  a.disconnect();
  slow.pump();
  EXPECT_EQ(slow.take_kinds(), "Update");
  slow.fake->buffered_bytes = 0;
  yjs.advance(milliseconds(100));
  slow.pump();
  EXPECT_EQ(slow.take_kinds(), "Awareness");
  EXPECT_THAT(slow.awareness().clients(), IsEmpty());
}

TEST(SlowReceiver, CannotFillTheMemoryWithAnswersThatItDoesNotRead) {
  Yjs yjs({.output_bytes = 3000});
  TestClient a(yjs, 1);
  TestClient slow(yjs, 2);
  join(yjs, a);
  join(yjs, slow);
  for (int i = 0; i < 20; ++i) a.type(std::string(100, 'x'));
  yjs.settle();
  slow.pump();
  slow.take_kinds();
  slow.fake->reads = false;
  for (int i = 0; i < 1000; ++i) {
    slow.send({0, 0, 1, 0});
    yjs.say(*slow.fake, R"({"type":"sync_request"})");
  }
  yjs.settle();
  EXPECT_LT(slow.fake->buffered_bytes, 6000U);
  slow.fake->reads = true;
  slow.fake->buffered_bytes = 0;
  slow.fake->sent.clear();
  yjs.advance(milliseconds(100));
  slow.pump();
  EXPECT_EQ(slow.take_kinds(), "Step2");
}

TEST(SlowReceiver, WhoNeverDrainsIsClosedWithACodeThatBringsItBack) {
  Yjs yjs({.output_bytes = 1000});
  TestClient a(yjs, 1);
  TestClient slow(yjs, 2);
  join(yjs, a);
  join(yjs, slow);
  slow.fake->reads = false;
  slow.fake->buffered_bytes = 1'000'000;
  a.type("x");
  yjs.advance(seconds(29));
  EXPECT_FALSE(slow.fake->close_code);
  yjs.advance(seconds(2));
  EXPECT_EQ(slow.fake->close_code, 1013);
  EXPECT_EQ(slow.fake->close_reason, "SLOW_RECEIVER");
  EXPECT_FALSE(a.fake->close_code);
}

}  // namespace
}  // namespace runnel::collab
