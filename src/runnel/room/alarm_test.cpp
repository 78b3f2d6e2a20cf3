#include "runnel/room/alarm_retry.h"
#include "runnel/room/testing/script_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::room {
namespace {

using std::chrono::seconds;

struct AlarmRooms : ScriptedRooms {
  AlarmRooms() {
    script.on_message = [](RoomContext& context, Connection&, const std::string& text) {
      if (text == "cancel") {
        context.storage().delete_alarm();
      } else {
        context.storage().set_alarm(context.time().wall_ms() + std::stoll(text));
      }
    };
    start();
  }

  void start() {
    directory->start_alarms([](const RoomId&) { return true; });
  }

  void set_alarm(const std::string& in_ms) {
    const auto client = connect(room, "c");
    settle();
    say(*client, in_ms);
    settle();
    leave(*client);
    settle();
  }

  [[nodiscard]] long alarms() const { return std::ranges::count(script.events, "alarm"); }
};

TEST(Alarm, RunsOnceWhenItIsDue) {
  AlarmRooms rooms;
  rooms.set_alarm("5000");
  rooms.advance(std::chrono::milliseconds(4999));
  EXPECT_EQ(rooms.alarms(), 0);
  rooms.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(rooms.alarms(), 1);
  rooms.advance(std::chrono::minutes(5));
  EXPECT_EQ(rooms.alarms(), 1);
  EXPECT_FALSE(rooms.model.peek(rooms.room).alarm_ms);
}

TEST(Alarm, ATimeThatHasPassedRunsAtOnce) {
  AlarmRooms rooms;
  rooms.set_alarm("-100000");
  EXPECT_EQ(rooms.alarms(), 1);
}

TEST(Alarm, WakesARoomThatHasLeftMemory) {
  AlarmRooms rooms;
  rooms.set_alarm("600000");
  rooms.advance(seconds(40));
  EXPECT_EQ(rooms.directory->room_count(), 0U);
  rooms.advance(seconds(559));
  EXPECT_EQ(rooms.alarms(), 0);
  rooms.advance(seconds(2));
  EXPECT_EQ(rooms.alarms(), 1);
}

TEST(Alarm, SurvivesARestartAlsoWhenItFellDueMeanwhile) {
  AlarmRooms rooms;
  rooms.set_alarm("5000");
  rooms.restart();
  rooms.time.advance(seconds(60));
  rooms.start();
  rooms.settle();
  EXPECT_EQ(rooms.alarms(), 1);
}

TEST(Alarm, ANewOneTakesThePlaceOfTheOldAndADeletedOneIsGone) {
  AlarmRooms rooms;
  rooms.set_alarm("5000");
  rooms.set_alarm("20000");
  rooms.advance(seconds(19));
  EXPECT_EQ(rooms.alarms(), 0);
  rooms.set_alarm("cancel");
  rooms.advance(seconds(120));
  EXPECT_EQ(rooms.alarms(), 0);
}

TEST(Alarm, IsNullWhileItRunsAndMayBeSetAnew) {
  AlarmRooms rooms;
  rooms.script.on_alarm = [&](RoomContext& context, Done finished) {
    EXPECT_FALSE(context.storage().alarm());
    if (rooms.alarms() < 3) context.storage().set_alarm(context.time().wall_ms() + 1000);
    finished({});
  };
  rooms.set_alarm("1000");
  rooms.advance(seconds(30));
  EXPECT_EQ(rooms.alarms(), 3);
}

TEST(Alarm, AFailedOneIsRetriedSixTimesWithDoublingDelaysAndThenDropped) {
  AlarmRooms rooms;
  std::vector<std::int64_t> at_ms;
  rooms.script.on_alarm = [&](RoomContext& context, Done finished) {
    at_ms.push_back(context.time().steady_ms());
    finished(runnel::fail(Errc::Unavailable, "not yet"));
  };
  rooms.set_alarm("0");
  rooms.advance(std::chrono::minutes(10));
  ASSERT_EQ(at_ms.size(), 7U);
  for (std::size_t i = 1; i < at_ms.size(); ++i) {
    const std::int64_t base = std::int64_t{1000} << i;
    EXPECT_GE(at_ms[i] - at_ms[i - 1], base);
    EXPECT_LE(at_ms[i] - at_ms[i - 1], base + base / 4);
  }
  EXPECT_EQ(rooms.log.count("gave up an alarm"), 1U);
  EXPECT_FALSE(rooms.model.peek(rooms.room).alarm_ms);
}

TEST(Alarm, AnExceptionCountsAsAFailureAndDoesNotBreakTheRoom) {
  AlarmRooms rooms;
  rooms.script.on_alarm = [&](RoomContext&, Done finished) {
    if (rooms.alarms() == 1) throw std::runtime_error("boom");
    finished({});
  };
  rooms.set_alarm("0");
  rooms.advance(seconds(10));
  EXPECT_EQ(rooms.alarms(), 2);
  EXPECT_EQ(rooms.script.rooms_made, 1);
}

TEST(Alarm, DeletingItBetweenRetriesCancelsThem) {
  AlarmRooms rooms;
  rooms.script.on_alarm = [](RoomContext&, Done finished) {
    finished(runnel::fail(Errc::Unavailable, "no"));
  };
  rooms.set_alarm("0");
  rooms.set_alarm("cancel");
  rooms.advance(std::chrono::minutes(10));
  EXPECT_EQ(rooms.alarms(), 1);
}

TEST(Alarm, KeepsItsRoomInMemoryWhileARetryIsDueAndSurvivesACrashBetweenRetries) {
  AlarmRooms rooms;
  rooms.script.on_alarm = [&](RoomContext&, Done finished) {
    if (rooms.alarms() < 3) {
      finished(runnel::fail(Errc::Unavailable, "no"));
    } else {
      finished({});
    }
  };
  rooms.set_alarm("0");
  EXPECT_EQ(rooms.alarms(), 1);
  rooms.restart();
  rooms.start();
  rooms.advance(seconds(10));
  EXPECT_EQ(rooms.alarms(), 3);
  EXPECT_FALSE(rooms.model.peek(rooms.room).alarm_ms);
}

}  // namespace
}  // namespace runnel::room
