#include "runnel/room/room_directory.h"

#include "runnel/room/testing/script_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::room {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RoomDirectory, CreatesARoomForTheFirstWhoComesAndOnlyOne) {
  ScriptedRooms rooms;
  rooms.connect(rooms.room, "a");
  rooms.connect(rooms.room, "b");
  rooms.settle();
  EXPECT_EQ(rooms.script.rooms_made, 1);
  EXPECT_THAT(rooms.script.events, ElementsAre("start", "connect a", "connect b"));
}

TEST(RoomDirectory, WhatArrivesWhileARoomLoadsWaitsInOrder) {
  ScriptedRooms rooms;
  const auto a = rooms.connect(rooms.room, "a");
  rooms.say(*a, "1");
  const auto b = rooms.connect(rooms.room, "b");
  rooms.say(*b, "2");
  rooms.say(*a, "3");
  rooms.leave(*a);
  EXPECT_THAT(rooms.script.events, IsEmpty());
  rooms.settle();
  EXPECT_THAT(rooms.script.events, ElementsAre("start", "connect a", "a says 1", "connect b",
                                               "b says 2", "a says 3", "close a"));
  EXPECT_FALSE(a->has_port);
}

TEST(RoomDirectory, ALiveRoomTakesAMessageAtOnce) {
  ScriptedRooms rooms;
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.say(*a, "now");
  EXPECT_EQ(rooms.script.events.back(), "a says now");
}

TEST(RoomDirectory, AClientWhoOverfillsALoadingRoomIsToldToComeBackAndTheOthersStay) {
  ScriptedRooms rooms({.queue_messages = 2});
  const auto a = rooms.connect(rooms.room, "a");
  const auto b = rooms.connect(rooms.room, "b");
  rooms.say(*a, "1");
  rooms.say(*a, "2");
  rooms.say(*a, "3");
  rooms.settle();
  EXPECT_EQ(a->close_code, close_code::kTryAgainLater);
  EXPECT_FALSE(b->close_code);
  EXPECT_TRUE(b->has_port);
}

TEST(RoomDirectory, TheBytesThatWaitForALoadingRoomAreBounded) {
  ScriptedRooms rooms({.queue_bytes = 10});
  const auto a = rooms.connect(rooms.room, "a");
  rooms.say(*a, "12345678901");
  EXPECT_EQ(a->close_code, close_code::kTryAgainLater);
}

TEST(RoomDirectory, OpenAnswersWhenTheRoomIsReady) {
  ScriptedRooms rooms;
  std::vector<OpenOutcome> answers;
  rooms.directory->open(rooms.room, [&](OpenOutcome o) { answers.push_back(o); });
  EXPECT_THAT(answers, IsEmpty());
  rooms.settle();
  EXPECT_THAT(answers, ElementsAre(OpenOutcome::Ready));
  rooms.directory->open(rooms.room, [&](OpenOutcome o) { answers.push_back(o); });
  EXPECT_THAT(answers, ElementsAre(OpenOutcome::Ready, OpenOutcome::Ready));
}

TEST(RoomDirectory, RefusesUnknownPartiesFullRoomsAndTooManyLoads) {
  ScriptedRooms rooms({.connections_per_room = 1, .rooms_loading = 1});
  EXPECT_EQ(rooms.open({"zzz", "r"}), OpenOutcome::UnknownParty);
  rooms.connect(rooms.room);
  EXPECT_EQ(rooms.open({"main", "other"}), OpenOutcome::Busy);
  rooms.settle();
  EXPECT_EQ(rooms.open(rooms.room), OpenOutcome::Full);
  const auto second = rooms.connect(rooms.room);
  EXPECT_EQ(second->close_code, close_code::kTryAgainLater);
  EXPECT_EQ(second->close_reason, "ROOM_FULL");
  EXPECT_EQ(rooms.open({"main", "other"}), OpenOutcome::Ready);
}

TEST(RoomDirectory, AnEmptyRoomLingersAndThenLeavesMemory) {
  ScriptedRooms rooms;
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.leave(*a);
  rooms.advance(std::chrono::milliseconds(29'999));
  EXPECT_EQ(rooms.script.rooms_alive, 1);
  rooms.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(rooms.script.rooms_alive, 0);
  EXPECT_EQ(rooms.directory->room_count(), 0U);
  EXPECT_THAT(rooms.store->released(), ElementsAre(rooms.room));
  EXPECT_EQ(rooms.script.events.back(), "evict");
}

TEST(RoomDirectory, WhoComesBackWhileTheRoomLingersFindsTheSameOne) {
  ScriptedRooms rooms;
  rooms.leave(*rooms.connect(rooms.room));
  rooms.advance(std::chrono::seconds(20));
  const auto again = rooms.connect(rooms.room);
  rooms.advance(std::chrono::seconds(60));
  EXPECT_EQ(rooms.script.rooms_made, 1);
  rooms.leave(*again);
  rooms.advance(std::chrono::seconds(20));
  EXPECT_EQ(rooms.script.rooms_alive, 1);
}

TEST(RoomDirectory, WhoComesWhileTheRoomIsBeingPutAwayKeepsIt) {
  ScriptedRooms rooms;
  Done put_away;
  rooms.script.before_evict = [&](RoomContext&, EvictReason, Done done) {
    put_away = std::move(done);
  };
  rooms.leave(*rooms.connect(rooms.room, "a"));
  rooms.advance(std::chrono::seconds(31));
  const auto b = rooms.connect(rooms.room, "b");
  rooms.say(*b, "hello");
  EXPECT_EQ(rooms.script.events.back(), "evict");
  put_away({});
  rooms.settle();
  EXPECT_EQ(rooms.script.rooms_made, 1);
  EXPECT_EQ(rooms.script.events.back(), "b says hello");
}

TEST(RoomDirectory, ARoomThatCannotBePutAwayStays) {
  ScriptedRooms rooms;
  rooms.script.before_evict = [](RoomContext&, EvictReason, Done done) {
    done(runnel::fail(Errc::Unavailable, "outbox is full"));
  };
  rooms.leave(*rooms.connect(rooms.room));
  rooms.advance(std::chrono::seconds(31));
  EXPECT_EQ(rooms.script.rooms_alive, 1);
  EXPECT_EQ(rooms.log.count("outbox is full"), 1U);
  rooms.script.before_evict = nullptr;
  rooms.advance(std::chrono::seconds(31));
  EXPECT_EQ(rooms.script.rooms_alive, 0);
}

TEST(RoomDirectory, NothingIsSentBeforeWhatWasWrittenIsCommitted) {
  ScriptedRooms rooms;
  rooms.script.on_message = [](RoomContext& context, Connection& connection, const std::string&) {
    context.storage().put("k", to_bytes("v"));
    connection.send_text("stored");
  };
  const auto a = rooms.connect(rooms.room);
  rooms.settle();
  rooms.store->hold(true);
  rooms.say(*a, "go");
  rooms.settle();
  EXPECT_THAT(a->texts(), IsEmpty());
  rooms.store->hold(false);
  rooms.settle();
  EXPECT_THAT(a->texts(), ElementsAre("stored"));
}

TEST(RoomDirectory, NoOtherEventReachesARoomThatReadsItsStorage) {
  ScriptedRooms rooms;
  rooms.script.on_message = [&](RoomContext& context, Connection&, const std::string&) {
    context.storage().get("n", [&](Result<std::optional<Bytes>> value) {
      rooms.script.events.push_back("read " + (*value ? to_text(**value) : "nothing"));
      context.storage().put("n", to_bytes(*value ? to_text(**value) + "x" : "x"));
    });
  };
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.script.events.clear();
  for (int i = 0; i < 3; ++i) rooms.say(*a, "+");
  rooms.settle();
  EXPECT_THAT(rooms.script.events,
              ElementsAre("a says +", "read nothing", "a says +", "read x", "a says +", "read xx"));
}

TEST(RoomDirectory, DurablePositionsReachTheRoom) {
  ScriptedRooms rooms;
  rooms.script.on_message = [](RoomContext& context, Connection&, const std::string&) {
    EXPECT_EQ(context.storage().append({.update = to_bytes("u")}, nullptr), 1U);
  };
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.say(*a, "edit");
  rooms.settle();
  EXPECT_EQ(rooms.script.events.back(), "durable 1");
  const RoomStats stats = rooms.directory->stats(rooms.room).value_or(RoomStats{});
  EXPECT_EQ(stats.durable_seq, 1U);
  EXPECT_EQ(stats.last_seq, 1U);
}

TEST(RoomDirectory, TwoConnectionsMayHaveTheSameKeyAndBothHearEverything) {
  ScriptedRooms rooms;
  rooms.script.on_message = [](RoomContext& context, Connection&, const std::string& text) {
    context.broadcast(PayloadKind::Text, share(to_bytes(text)));
    context.connection(std::string_view("same"))->send_text("newest");
  };
  const auto older = rooms.connect(rooms.room, "same");
  const auto newer = rooms.connect(rooms.room, "same");
  rooms.settle();
  rooms.say(*older, "hi");
  EXPECT_THAT(older->texts(), ElementsAre("hi"));
  EXPECT_THAT(newer->texts(), ElementsAre("hi", "newest"));
  rooms.leave(*newer);
  rooms.say(*older, "still here");
  EXPECT_THAT(older->texts(), ElementsAre("hi", "still here", "newest"));
}

TEST(RoomDirectory, KicksAUserOrOneConnectionAndNobodyElse) {
  ScriptedRooms rooms;
  const auto ann = rooms.connect(rooms.room, {.key = "1", .identity = {.user_id = "ann"}});
  const auto ann2 = rooms.connect(rooms.room, {.key = "2", .identity = {.user_id = "ann"}});
  const auto bob = rooms.connect(rooms.room, {.key = "3", .identity = {.user_id = "bob"}});
  rooms.settle();
  EXPECT_EQ(rooms.directory->kick(rooms.room, {.user_id = "ann"}, 1008, "out"), 2U);
  EXPECT_EQ(ann->close_code, 1008);
  EXPECT_EQ(ann2->close_code, 1008);
  EXPECT_FALSE(bob->close_code);
  rooms.say(*ann, "unheard");
  EXPECT_EQ(rooms.script.events.back(), "connect 3");
}

TEST(RoomDirectory, ARevokedConnectionIsClosedAndAChangedIdentityIsTold) {
  ScriptedRooms rooms;
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.directory->set_identity(a->info.id, {.user_id = "ann"});
  EXPECT_EQ(rooms.script.events.back(), "identity ann");
  rooms.directory->revoke(a->info.id, "no more");
  EXPECT_EQ(a->close_code, close_code::kPolicy);
  EXPECT_EQ(a->close_reason, "AUTH_FORBIDDEN");
}

TEST(RoomDirectory, ADeletedRoomRefusesUntilItIsRevived) {
  ScriptedRooms rooms;
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.directory->remove(rooms.room, [](const Result<void>& done) { EXPECT_TRUE(done); });
  rooms.settle();
  EXPECT_EQ(a->close_code, close_code::kRoomDeleted);
  EXPECT_EQ(rooms.script.events.back(), "removed");
  EXPECT_EQ(rooms.open(rooms.room), OpenOutcome::Deleted);
  const auto b = rooms.connect(rooms.room, "b");
  rooms.settle();
  EXPECT_EQ(b->close_code, close_code::kRoomDeleted);
  rooms.directory->revive(rooms.room, [](const Result<void>& done) { EXPECT_TRUE(done); });
  rooms.settle();
  EXPECT_EQ(rooms.open(rooms.room), OpenOutcome::Ready);
}

TEST(RoomDirectory, AnswersRequestsAlsoToRoomsThatWereNotOpenAndNeverLeavesOneHanging) {
  ScriptedRooms rooms;
  std::vector<int> statuses;
  const auto ask = [&](const RoomId& room, std::string method) {
    rooms.directory->request(room, {.method = std::move(method)},
                             [&](const RoomResponse& r) { statuses.push_back(r.status); });
    rooms.settle();
  };
  ask(rooms.room, "GET");
  ask({"zzz", "r"}, "GET");
  ask(rooms.room, "HANG");
  EXPECT_THAT(statuses, ElementsAre(200, 404, 503));
}

TEST(RoomDirectory, DrainingSavesEveryRoomClosesItsClientsAndOpensNoMore) {
  ScriptedRooms rooms;
  std::vector<Done> saves;
  rooms.script.before_evict = [&](RoomContext&, EvictReason reason, Done done) {
    EXPECT_EQ(reason, EvictReason::Shutdown);
    saves.push_back(std::move(done));
  };
  const auto a = rooms.connect(rooms.room, "a");
  rooms.connect({"main", "other"}, "b");
  rooms.settle();
  bool drained = false;
  rooms.directory->drain([&] { drained = true; });
  rooms.settle();
  EXPECT_EQ(a->close_code, close_code::kGoingAway);
  EXPECT_EQ(saves.size(), 2U);
  EXPECT_FALSE(drained);
  EXPECT_EQ(rooms.open({"main", "new"}), OpenOutcome::Busy);
  rooms.leave(*a);
  for (Done& save : saves) save({});
  rooms.settle();
  EXPECT_TRUE(drained);
  EXPECT_EQ(rooms.directory->room_count(), 0U);
  EXPECT_EQ(std::ranges::count(rooms.script.events, "close a"), 1);
}

TEST(RoomDirectory, DrainingWithoutRoomsIsOverAtOnce) {
  ScriptedRooms rooms;
  bool drained = false;
  rooms.directory->drain([&] { drained = true; });
  rooms.settle();
  EXPECT_TRUE(drained);
}

TEST(RoomDirectory, ADrainThatIsTakenBackOpensRoomsAgainAndIsNeverOver) {
  ScriptedRooms rooms;
  std::vector<Done> saves;
  rooms.script.before_evict = [&](RoomContext&, EvictReason, Done done) {
    saves.push_back(std::move(done));
  };
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  bool drained = false;
  rooms.directory->drain([&] { drained = true; });
  rooms.settle();
  EXPECT_EQ(rooms.open({"main", "new"}), OpenOutcome::Busy);
  rooms.directory->undrain();
  const auto b = rooms.connect({"main", "new"}, "b");
  rooms.settle();
  EXPECT_FALSE(b->close_code);
  EXPECT_EQ(rooms.directory->room_count(), 2U) << "one opened, one still on its way out";
  rooms.leave(*a);
  for (Done& save : saves) save({});
  rooms.settle();
  const auto c = rooms.connect(rooms.room, "c");
  rooms.settle();
  EXPECT_FALSE(c->close_code);
  EXPECT_FALSE(drained);

  saves.clear();
  rooms.directory->drain([&] { drained = true; });
  rooms.settle();
  for (Done& save : saves) save({});
  rooms.settle();
  EXPECT_TRUE(drained);
}

TEST(RoomDirectory, DrainingWaitsForTheLastWrite) {
  ScriptedRooms rooms;
  rooms.script.on_message = [](RoomContext& context, Connection&, const std::string&) {
    context.storage().append({.update = to_bytes("u")}, nullptr);
  };
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.store->hold(true);
  rooms.say(*a, "edit");
  bool drained = false;
  rooms.directory->drain([&] { drained = true; });
  rooms.advance(std::chrono::milliseconds(50));
  EXPECT_FALSE(drained);
  rooms.store->hold(false);
  rooms.advance(std::chrono::milliseconds(50));
  EXPECT_TRUE(drained);
}

TEST(RoomDirectory, ShardsAreStableAndSpread) {
  EXPECT_EQ(shard_of({"main", "r"}, 8), shard_of({"main", "r"}, 8));
  std::vector<int> counts(4);
  for (int i = 0; i < 4000; ++i) ++counts.at(shard_of({"main", "doc-" + std::to_string(i)}, 4));
  for (const int count : counts) EXPECT_GT(count, 800);
}

}  // namespace
}  // namespace runnel::room
