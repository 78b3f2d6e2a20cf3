#include "runnel/presence/presence_room.h"

#include "runnel/room/testing/room_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::presence {
namespace {

using room::FakeClient;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Presence : room::RoomFixture {
  Presence() { add_party("presence", presence_rooms()); }

  std::shared_ptr<FakeClient> join(const std::string& user_id, const std::string& name = "") {
    auto client = connect(workspace, {.identity = {.user_id = user_id, .user_name = name}});
    settle();
    return client;
  }

  void update(const FakeClient& client, const std::string& fields) {
    say(client, R"({"type":"presence_update",)" + fields + "}");
    advance(std::chrono::milliseconds(60));
  }

  static std::vector<std::string> heard(FakeClient& client) {
    std::vector<std::string> texts = client.texts();
    client.sent.clear();
    return texts;
  }

  const RoomId workspace{"presence", "w1"};
};

constexpr const char* kNobody = R"({"type":"presence_snapshot","users":[]})";

TEST(Presence, SnapshotsChangesAndFarewellsMakeTheRound) {
  Presence p;
  const auto ann = p.join("ann", "Ann");
  EXPECT_THAT(Presence::heard(*ann), ElementsAre(kNobody));
  p.update(*ann, R"("location":"doc-1","color":"red")");
  const std::string ann_user =
      R"({"location":"doc-1","color":"red","userId":"ann","userName":"Ann"})";
  EXPECT_THAT(Presence::heard(*ann),
              ElementsAre(R"({"type":"presence_changed","user":)" + ann_user + "}"));

  const auto bob = p.join("bob");
  EXPECT_THAT(Presence::heard(*bob),
              ElementsAre(R"({"type":"presence_snapshot","users":[)" + ann_user + "]}"));
  p.leave(*ann);
  p.settle();
  EXPECT_THAT(Presence::heard(*bob),
              ElementsAre(R"({"type":"user_left_presence","userId":"ann"})"));
}

TEST(Presence, TwoTabsOfOneUserAreOnePersonUntilTheLastTabGoes) {
  Presence p;
  const auto bob = p.join("bob");
  const auto tab1 = p.join("ann");
  const auto tab2 = p.join("ann");
  p.update(*tab1, R"("location":"doc-1")");
  p.update(*tab2, R"("location":"doc-2")");
  Presence::heard(*bob);

  const auto late = p.join("eve");
  EXPECT_THAT(
      Presence::heard(*late),
      ElementsAre(R"({"type":"presence_snapshot","users":[{"location":"doc-2","userId":"ann"}]})"));

  p.leave(*tab2);
  p.advance(std::chrono::milliseconds(60));
  EXPECT_THAT(
      Presence::heard(*bob),
      ElementsAre(R"({"type":"presence_changed","user":{"location":"doc-1","userId":"ann"}})"));
  p.leave(*tab1);
  p.advance(std::chrono::milliseconds(60));
  EXPECT_THAT(Presence::heard(*bob),
              ElementsAre(R"({"type":"user_left_presence","userId":"ann"})"));
}

TEST(Presence, NobodyCanSpeakForSomebodyElse) {
  Presence p;
  const auto mallory = p.join("mallory", "Mallory");
  Presence::heard(*mallory);
  p.update(*mallory, R"("userId":"ann","userName":"Ann")");
  EXPECT_THAT(
      Presence::heard(*mallory),
      ElementsAre(
          R"({"type":"presence_changed","user":{"userId":"mallory","userName":"Mallory"}})"));
}

TEST(Presence, PeopleWithoutAnAccountAreEachTheirOwn) {
  Presence p;
  const auto a = p.join("");
  const auto b = p.join("");
  p.update(*a, R"("location":"x")");
  p.update(*b, R"("location":"y")");
  const auto late = p.join("eve");
  EXPECT_THAT(Presence::heard(*late).front(), ::testing::HasSubstr(R"("location":"x")"));
  EXPECT_EQ(p.directory->stats(p.workspace).value_or(room::RoomStats{}).fields.front().second, 2);
}

TEST(Presence, AFloodOfChangesLeavesAsTheLatestOfEachInterval) {
  Presence p;
  const auto ann = p.join("ann");
  const auto bob = p.join("bob");
  Presence::heard(*bob);
  for (int i = 0; i < 100; ++i) {
    p.say(*ann, R"({"type":"presence_update","n":)" + std::to_string(i) + "}");
    p.advance(std::chrono::milliseconds(1));
  }
  p.advance(std::chrono::milliseconds(60));
  const auto texts = Presence::heard(*bob);
  EXPECT_LE(texts.size(), 4U);
  EXPECT_THAT(texts.back(), ::testing::HasSubstr(R"("n":99)"));
}

TEST(Presence, GarbageIsIgnoredAndALotOfItClosesItsSender) {
  Presence p;
  const auto ann = p.join("ann");
  const auto bob = p.join("bob");
  Presence::heard(*bob);
  p.say(*ann, R"({"type":"something_else"})");
  p.say(*ann, "");
  p.say(*ann, R"({"type":"presence_update","x":")" + std::string(5000, 'x') + "\"}");
  p.send(*ann, Bytes{1, 2, 3});
  p.settle();
  EXPECT_FALSE(ann->close_code);
  EXPECT_THAT(Presence::heard(*bob), IsEmpty());
  for (int i = 0; i < 20; ++i) p.say(*ann, "{");
  EXPECT_EQ(ann->close_code, room::close_code::kPolicy);
  EXPECT_FALSE(bob->close_code);
  EXPECT_EQ(p.log.count("refused"), 1U);
}

TEST(Presence, ManyChangesOfTheWorkspaceAreOneHintAndNobodyOutsideCanMakeOne) {
  Presence p;
  const auto ann = p.join("ann");
  Presence::heard(*ann);
  int refused = 0;
  const auto post = [&](bool is_internal) {
    p.directory->request(
        p.workspace,
        {.method = "POST", .uri = "runnel:workspace-changed", .is_internal = is_internal},
        [&](const room::RoomResponse& response) { refused += response.status == 426 ? 1 : 0; });
  };
  post(false);
  p.advance(std::chrono::milliseconds(60));
  EXPECT_EQ(refused, 1);
  EXPECT_THAT(Presence::heard(*ann), IsEmpty());
  const std::string hint = R"({"type":"workspace_changed"})";
  for (int i = 0; i < 100; ++i) post(true);
  p.settle();
  EXPECT_THAT(Presence::heard(*ann), ElementsAre(hint));
  for (int i = 0; i < 100; ++i) post(true);
  p.advance(std::chrono::milliseconds(60));
  EXPECT_THAT(Presence::heard(*ann), ElementsAre(hint));
  EXPECT_EQ(refused, 1);
}

TEST(Presence, WhoLosesAccessIsToldAndClosed) {
  Presence p;
  const auto ann = p.join("ann");
  p.directory->revoke(ann->info.id, "Your access to this resource has been revoked");
  EXPECT_EQ(
      ann->texts().back(),
      R"({"type":"permission_revoked","reason":"Your access to this resource has been revoked"})");
  EXPECT_EQ(ann->close_code, room::close_code::kPolicy);
  EXPECT_EQ(ann->close_reason, "AUTH_FORBIDDEN");
}

}  // namespace
}  // namespace runnel::presence
