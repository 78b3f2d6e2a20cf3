// A room that the operator has frozen: nobody edits, everybody is told, nothing is lost.
#include "runnel/collab/frozen_rooms.h"
#include "runnel/collab/testing/yjs_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace runnel::collab {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kFrozen = R"({"type":"access_level","level":"view","frozen":true})";
constexpr std::string_view kThawed = R"({"type":"access_level","level":"edit"})";

struct Freezing : YjsFixture {
  Freezing() {
    start_frozen();
    open_shop();
  }

  Freezing(const Freezing&) = delete;
  Freezing& operator=(const Freezing&) = delete;
  Freezing(Freezing&&) = delete;
  Freezing& operator=(Freezing&&) = delete;

  ~Freezing() { directory.reset(); }

  void start_frozen() {
    frozen = std::make_unique<FrozenRooms>(*store);
    deps.frozen = frozen.get();
    frozen->start([](const RoomId&) { return true; },
                  [](const Result<void>& read) { ASSERT_TRUE(read); });
    settle();
  }

  void set_frozen(bool is_frozen) {
    bool durable = false;
    frozen->set(room, is_frozen,
                [&durable](const Result<void>& done) { durable = done.has_value(); });
    directory->request(room, {.method = "POST", .uri = "runnel:freeze", .is_internal = true},
                       [](const room::RoomResponse& response) { EXPECT_EQ(response.status, 204); });
    settle();
    EXPECT_TRUE(durable);
  }

  std::unique_ptr<FrozenRooms> frozen;
};

TEST(FrozenRoom, RefusesEditsAndTellsEverybody) {
  Freezing yjs;
  TwoEditors editors(yjs);
  auto& [a, b] = editors;
  a.type("before");
  yjs.settle_all({&a, &b});
  a.take_texts();
  yjs.set_frozen(true);
  yjs.settle_all({&a, &b});
  EXPECT_THAT(a.take_texts(), Contains(std::string(kFrozen)));
  EXPECT_THAT(b.take_texts(), Contains(std::string(kFrozen)));
  EXPECT_EQ(yjs.stat("frozen"), 1);

  a.type(" while frozen");
  yjs.settle_all({&a, &b});
  EXPECT_THAT(a.take_texts(), Contains(HasSubstr("the room is frozen")));
  EXPECT_EQ(b.clock_of(1), 6U);
  EXPECT_EQ(yjs.metrics.read_only_refused.value(), 1U);
}

TEST(FrozenRoom, TakesWhatWasTypedMeanwhileOnceItIsThawed) {
  Freezing yjs;
  TwoEditors editors(yjs);
  auto& [a, b] = editors;
  yjs.set_frozen(true);
  a.type("typed while frozen");
  yjs.settle_all({&a, &b});
  EXPECT_EQ(b.clock_of(1), 0U);
  a.take_texts();
  yjs.set_frozen(false);
  yjs.settle_all({&a, &b});
  EXPECT_THAT(a.take_texts(), Contains(std::string(kThawed)));
  EXPECT_EQ(b.clock_of(1), 18U);
  EXPECT_TRUE(a.has_same_document_as(b));
}

TEST(FrozenRoom, TheOperatorStillWrites) {
  Freezing yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  yjs.settle_all({&a});
  yjs.set_frozen(true);
  yjs.directory->request(
      yjs.room,
      {.method = "POST",
       .uri = "runnel:update",
       .body = insert_update(9, 0, "repaired"),
       .is_internal = true},
      [](const room::RoomResponse& response) { EXPECT_EQ(response.status, 204); });
  yjs.settle_all({&a});
  EXPECT_EQ(a.clock_of(9), 8U);
}

TEST(FrozenRoom, StaysFrozenOverARestartAndSaysSoToNewcomers) {
  Freezing yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room);
  yjs.settle_all({&a});
  yjs.set_frozen(true);
  a.disconnect();
  yjs.parties.clear();
  yjs.restart();
  yjs.start_frozen();
  yjs.open_shop();
  TestClient b(yjs, 2);
  b.connect(yjs.room);
  yjs.settle_all({&b});
  EXPECT_THAT(b.take_texts(), Contains(std::string(kFrozen)));
  b.type("no");
  yjs.settle_all({&b});
  EXPECT_EQ(yjs.stat("document_bytes"), 2);
}

TEST(FrozenRoom, AViewerIsNoEditorOnceItIsThawed) {
  Freezing yjs;
  TestClient a(yjs, 1);
  a.connect(yjs.room, viewer());
  yjs.settle_all({&a});
  yjs.set_frozen(true);
  yjs.set_frozen(false);
  yjs.settle_all({&a});
  const auto texts = a.take_texts();
  EXPECT_THAT(texts, Contains(R"({"type":"access_level","level":"view"})"));
  EXPECT_THAT(texts, Not(Contains(std::string(kThawed))));
  a.type("no");
  yjs.settle_all({&a});
  EXPECT_EQ(yjs.stat("document_bytes"), 2);
}

TEST(FrozenRoom, OnlyTheRoomsOfThisLoopAreRead) {
  Freezing yjs;
  yjs.set_frozen(true);
  FrozenRooms other(*yjs.store);
  other.start([](const RoomId&) { return false; }, [](const Result<void>&) {});
  yjs.settle();
  EXPECT_THAT(other.all(), IsEmpty());
  EXPECT_THAT(yjs.frozen->all(), ElementsAre(yjs.room));
}

}  // namespace
}  // namespace runnel::collab
