// A room that fails takes down itself and nobody else, and is there again for the next who comes.
#include "runnel/room/testing/script_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace runnel::room {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RoomFailure, AnExceptionClosesTheRoomWith1011AndTheNextOneFindsANewRoom) {
  ScriptedRooms rooms;
  rooms.script.on_message = [](RoomContext&, Connection&, const std::string& text) {
    if (text == "throw") throw std::runtime_error("boom");
  };
  const auto a = rooms.connect(rooms.room, "a");
  const auto b = rooms.connect(rooms.room, "b");
  const auto other = rooms.connect({"main", "other"}, "o");
  rooms.settle();
  rooms.say(*a, "throw");
  rooms.say(*b, "unheard");
  rooms.settle();
  EXPECT_EQ(a->close_code, close_code::kInternalError);
  EXPECT_EQ(b->close_code, close_code::kInternalError);
  EXPECT_FALSE(a->has_port);
  EXPECT_FALSE(other->close_code);
  EXPECT_EQ(rooms.log.count("boom"), 1U);
  EXPECT_EQ(rooms.script.rooms_alive, 1);
  rooms.leave(*a);

  const auto again = rooms.connect(rooms.room, "again");
  rooms.settle();
  rooms.say(*again, "hello");
  EXPECT_EQ(rooms.script.events.back(), "again says hello");
  EXPECT_EQ(rooms.script.rooms_made, 3);
}

TEST(RoomFailure, AFailedWriteBreaksTheRoomAndNothingThatWaitedForItLeaves) {
  ScriptedRooms rooms;
  rooms.script.on_message = [](RoomContext& context, Connection& connection, const std::string&) {
    context.storage().append({.update = to_bytes("u")}, nullptr);
    connection.send_text("never");
  };
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.store->set_failing(true);
  rooms.say(*a, "edit");
  rooms.settle();
  EXPECT_THAT(a->texts(), IsEmpty());
  EXPECT_EQ(a->close_code, close_code::kInternalError);
  rooms.store->set_failing(false);
  EXPECT_EQ(rooms.open(rooms.room), OpenOutcome::Ready);
}

TEST(RoomFailure, ARequestThatWroteIsAnsweredOnlyOnceThatIsCommitted) {
  ScriptedRooms rooms;
  std::vector<int> statuses;
  const auto write = [&] {
    rooms.directory->request(rooms.room, {.method = "WRITE", .body = to_bytes("u")},
                             [&](const RoomResponse& r) { statuses.push_back(r.status); });
  };
  EXPECT_EQ(rooms.open(rooms.room), OpenOutcome::Ready);
  write();
  EXPECT_THAT(statuses, IsEmpty());
  rooms.settle();
  EXPECT_THAT(statuses, ElementsAre(200));
  rooms.store->set_failing(true);
  write();
  rooms.settle();
  EXPECT_THAT(statuses, ElementsAre(200, 503));
}

TEST(RoomFailure, AStartThatFailsIsToldAndTriedAgainByTheNextWhoComes) {
  ScriptedRooms rooms;
  bool broken = true;
  rooms.script.on_start = [&](RoomContext&, Done started) {
    if (broken) {
      started(runnel::fail(Errc::Unavailable, "backend away"));
    } else {
      started({});
    }
  };
  EXPECT_EQ(rooms.open(rooms.room), OpenOutcome::Failed);
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  EXPECT_EQ(a->close_code, close_code::kInternalError);
  EXPECT_EQ(rooms.directory->room_count(), 0U);
  broken = false;
  EXPECT_EQ(rooms.open(rooms.room), OpenOutcome::Ready);
}

TEST(RoomFailure, AValueThatIsTooLargeIsTheHandlersBusinessAndTheRoomGoesOn) {
  ScriptedRooms rooms;
  rooms.script.on_message = [&](RoomContext& context, Connection&, const std::string&) {
    context.storage().put("k", Bytes(200'000), [&](const Result<void>& done) {
      rooms.script.events.emplace_back(done ? "stored" : errc_name(done.error().code));
    });
  };
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.say(*a, "big");
  rooms.settle();
  EXPECT_EQ(rooms.script.events.back(), "limit_exceeded");
  EXPECT_FALSE(a->close_code);
}

TEST(RoomFailure, RequestsThatWaitForARoomWhichFailsAreAnswered) {
  ScriptedRooms rooms;
  rooms.script.on_start = [](RoomContext&, Done started) {
    started(runnel::fail(Errc::Unavailable, "no"));
  };
  std::vector<int> statuses;
  rooms.directory->request(rooms.room, {.method = "GET"},
                           [&](const RoomResponse& r) { statuses.push_back(r.status); });
  rooms.settle();
  EXPECT_THAT(statuses, ElementsAre(503));
}

// The answer of a room that ends may lead to a question to the room that comes after it.
TEST(RoomFailure, WhoAsksAgainFromTheAnswerOfARoomThatEndsIsAnsweredByTheNextOne) {
  ScriptedRooms rooms;
  std::vector<int> statuses;
  const auto ask = [&rooms](Respond respond) {
    rooms.directory->request(rooms.room, {.method = "GET", .uri = "/"}, std::move(respond));
  };
  for (int i = 0; i < 3; ++i) {
    ask([&](const RoomResponse& first) {
      statuses.push_back(first.status);
      ask([&](const RoomResponse& second) { statuses.push_back(second.status); });
    });
  }
  rooms.directory->open(rooms.room, [&](OpenOutcome outcome) {
    EXPECT_EQ(outcome, OpenOutcome::Deleted);
    ask([&](const RoomResponse& third) { statuses.push_back(third.status); });
  });
  rooms.directory->remove(rooms.room, [](const Result<void>& removed) { EXPECT_TRUE(removed); });
  rooms.settle();
  EXPECT_THAT(statuses, ElementsAre(410, 410, 410, 410, 410, 410, 410));
  EXPECT_EQ(rooms.script.rooms_alive, 0);
}

TEST(RoomFailure, WhatTheStoreAnswersAfterARoomIsGoneReachesNobody) {
  ScriptedRooms rooms;
  rooms.script.on_message = [](RoomContext& context, Connection&, const std::string& text) {
    context.storage().put("k", to_bytes(text), [](const Result<void>&) { FAIL(); });
    context.fail({.detail = "broken on purpose"});
  };
  const auto a = rooms.connect(rooms.room, "a");
  rooms.settle();
  rooms.store->hold(true);
  rooms.say(*a, "x");
  rooms.settle();
  rooms.store->hold(false);
  rooms.settle();
  EXPECT_EQ(rooms.script.rooms_alive, 0);
}

}  // namespace
}  // namespace runnel::room
