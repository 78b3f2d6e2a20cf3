#include "runnel/protocol/room_path.h"

#include <gtest/gtest.h>

#include <string>

namespace runnel::protocol {
namespace {

PathOptions options() {
  return {.yjs_prefix = "/yjs",
          .has_party = [](std::string_view party) { return party == "presence"; }};
}

RoomRequestTarget matched(std::string_view target) {
  auto result = match_room_path(target, options());
  EXPECT_TRUE(result) << target << ": " << (result ? "" : result.error().detail);
  return result ? *result : RoomRequestTarget{};
}

Errc refused(std::string_view target) {
  const auto result = match_room_path(target, options());
  EXPECT_FALSE(result) << target;
  if (result) return Errc::Conflict;
  EXPECT_FALSE(result.error().detail.empty());
  return result.error().code;
}

TEST(RoomPath, BothPathsOfPartyMainAndTheYjsPathMeanTheSameRoom) {
  const RoomId room{"main", "r"};
  EXPECT_EQ(matched("/party/r").room, room);
  EXPECT_EQ(matched("/parties/main/r?_pk=x").room, room);
  EXPECT_EQ(matched("/yjs/r").room, room);
  EXPECT_EQ(matched("/parties/presence/r").room, (RoomId{"presence", "r"}));
}

TEST(RoomPath, NamesAreRawBytesAndNeverDecoded) {
  EXPECT_EQ(matched("/parties/main/a%2Fb").room.name, "a%2Fb");
  EXPECT_EQ(matched("/yjs/room/with%20slash").room.name, "room/with%20slash");
  EXPECT_EQ(matched("/party/\xC3\xA9").room.name, "\xC3\xA9");
  EXPECT_NE(matched("/party/a%62").room, matched("/party/ab").room);
}

TEST(RoomPath, APartyKitNameIsOneSegmentAndWhatFollowsPlaysNoRole) {
  const auto target = matched("/parties/main/a/b%20c?_pk=1");
  EXPECT_EQ(target.room.name, "a");
  EXPECT_EQ(target.sub_path, "/b%20c");
  EXPECT_EQ(matched("/party/a").sub_path, "");
}

TEST(RoomPath, AYjsNameIsTheWholeRestOfThePath) {
  EXPECT_EQ(matched("/yjs/a/b/c").room.name, "a/b/c");
  EXPECT_EQ(matched("/yjs//").room.name, "/");
  EXPECT_EQ(matched("/yjs/r?x=1?t=a%20b").room.name, "r");
}

TEST(RoomPath, RefusesWhatCannotBeMeantWithASentence) {
  EXPECT_EQ(refused("/party/"), Errc::Invalid);
  EXPECT_EQ(refused("/parties/main/"), Errc::Invalid);
  EXPECT_EQ(refused("/parties/main"), Errc::Invalid);
  EXPECT_EQ(refused("/parties//x"), Errc::Invalid);
  EXPECT_EQ(refused("/yjs/"), Errc::Invalid);
  EXPECT_EQ(refused("/party/a\x01"), Errc::Invalid);
  EXPECT_EQ(refused("/party/a\x7F"), Errc::Invalid);
  EXPECT_EQ(refused("/party/" + std::string(513, 'a')), Errc::Invalid);
  EXPECT_EQ(refused("/party/r?_pk=" + std::string(257, 'a')), Errc::Invalid);
  EXPECT_EQ(refused("/party/r?_pk=a%0Ab"), Errc::Invalid);
  EXPECT_EQ(refused("/party/r?_pk=a%ffb"), Errc::Invalid);
  EXPECT_EQ(refused("/yjs/a\xff"), Errc::Invalid);
  EXPECT_EQ(matched("/party/" + std::string(512, 'a')).room.name.size(), 512U);
}

TEST(RoomPath, AnUnknownPartyIsNotFound) {
  const auto result = match_room_path("/parties/zzz/r", options());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::NotFound);
  EXPECT_EQ(result.error().detail, "Party zzz not found");
  EXPECT_EQ(refused("/parties/Main/r"), Errc::NotFound);
}

TEST(RoomPath, OtherPathsAreNoneOfItsBusiness) {
  for (const char* path : {"/", "/healthz", "/yjs", "/yjsx/r", "/partyx/r", "//parties/main/r"}) {
    EXPECT_FALSE(is_room_path(path, options())) << path;
    EXPECT_EQ(refused(path), Errc::NotFound);
  }
  EXPECT_TRUE(is_room_path("/parties//x", options()));
}

TEST(RoomPath, TheFirstPkIsTheConnectionKeyAndParamsAreFormDecoded) {
  const auto target =
      matched("/parties/main/r?_pk=ID&a=1&c=x+y%26z&_pk=override&empty=&flag&b=%zz");
  EXPECT_EQ(target.connection_key, "ID");
  EXPECT_EQ(find_param(target.params, "c"), "x y&z");
  EXPECT_EQ(find_param(target.params, "empty"), "");
  EXPECT_EQ(find_param(target.params, "flag"), "");
  EXPECT_EQ(find_param(target.params, "b"), "%zz");
  EXPECT_EQ(target.params.size(), 7U);
}

TEST(RoomPath, GuessesTheDialectFromTheFormOfTheConnectionKey) {
  EXPECT_EQ(matched("/party/r?_pk=04f7b999-95e2-4029-9f33-843f805d9090").dialect,
            Dialect::YPartyKit);
  EXPECT_EQ(matched("/party/r?_pk=EoW7Yy4Qpe").dialect, Dialect::YPartyServer);
  EXPECT_EQ(matched("/party/r?_pk=mine").dialect, Dialect::YPartyKit);
  EXPECT_EQ(matched("/party/r").dialect, Dialect::YPartyKit);
  EXPECT_EQ(matched("/yjs/r?_pk=EoW7Yy4Qpe").dialect, Dialect::YWebsocket);
}

TEST(RoomPath, ControlMessagesAreAskedForWithRunnelEqualsOne) {
  EXPECT_TRUE(matched("/yjs/r?runnel=1").control_messages);
  EXPECT_FALSE(matched("/yjs/r?runnel=0").control_messages);
  EXPECT_FALSE(matched("/yjs/r").control_messages);
}

TEST(RoomPath, ThePrefixOfYWebsocketCanBeMovedAndEvenEmpty) {
  const PathOptions rooted{.yjs_prefix = "", .has_party = nullptr};
  EXPECT_EQ(match_room_path("/a/b", rooted)->room.name, "a/b");
  EXPECT_EQ(match_room_path("/party/a", rooted)->room.name, "a");
  const PathOptions moved{.yjs_prefix = "/base/ws", .has_party = nullptr};
  EXPECT_EQ(match_room_path("/base/ws/r", moved)->room.name, "r");
}

}  // namespace
}  // namespace runnel::protocol
