#include "runnel/server/restore_update.h"

#include "base/random_source.h"
#include "ycpp/doc/doc.h"
#include "ycpp/encoding/json.h"
#include "ycpp/types/roots.h"
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace runnel::server {
namespace {

constexpr ycpp::ClientId kServer{4242};

ycpp::DocOptions by(std::uint64_t client) { return {.client_id = ycpp::ClientId(client)}; }

// The order of keys in a map differs between replicas and does not count.
ycpp::AnyArray content(ycpp::Doc& doc) {
  return {doc.get_map("map").to_json(), doc.get_array("list").to_json(),
          doc.get_text("text").to_json()};
}

struct Restore : ::testing::Test {
  ycpp::Doc doc{ycpp::DocOptions{.client_id = ycpp::ClientId(1)}};

  // Brings `target` back; the update reached everybody else as well.
  void restore(ByteView target) {
    const Result<Bytes> update = restore_update(doc.encode_state_as_update(), target, kServer);
    ASSERT_TRUE(update) << update.error().detail;
    if (!update->empty()) {
      ASSERT_TRUE(doc.apply_update(*update));
    }
  }
};

TEST_F(Restore, BringsTextMapsListsAndNestedTypesBack) {
  doc.get_text("text").insert(0, "first words");
  doc.get_map("map").set("a", 1);
  doc.get_map("map").set("nested", ycpp::new_map({{"deep", ycpp::new_array({1, 2})}}));
  doc.get_array("list").insert(0, {1, 2, 3}).value();
  const Bytes then = doc.encode_state_as_update();
  const ycpp::AnyArray wanted = content(doc);

  doc.get_text("text").delete_text(0, 5);
  doc.get_text("text").insert(0, "other");
  doc.get_map("map").set("a", 2);
  doc.get_map("map").set("b", "new");
  doc.get_map("map").remove("nested");
  doc.get_array("list").remove(0, 2).value();
  doc.get_array("list").push({"x"});
  ASSERT_FALSE(content(doc) == wanted);
  restore(then);
  EXPECT_TRUE(content(doc) == wanted);
}

TEST_F(Restore, SaysNothingWhenNothingHasChanged) {
  doc.get_text("text").insert(0, "same");
  const Bytes then = doc.encode_state_as_update();
  const Result<Bytes> update = restore_update(doc.encode_state_as_update(), then, kServer);
  ASSERT_TRUE(update);
  EXPECT_TRUE(update->empty());
}

TEST_F(Restore, KeepsWhatSomebodyTypesMeanwhile) {
  doc.get_text("text").insert(0, "one ");
  const Bytes then = doc.encode_state_as_update();
  doc.get_text("text").insert(4, "two ");
  ycpp::Doc other(by(2));
  ASSERT_TRUE(other.apply_update(doc.encode_state_as_update()));
  other.get_text("text").insert(8, "late");  // not in the room when it is restored
  restore(then);
  ASSERT_TRUE(doc.apply_update(other.encode_state_as_update()));
  ASSERT_TRUE(other.apply_update(doc.encode_state_as_update()));
  EXPECT_EQ(doc.get_text("text").to_string(), "one late");
  EXPECT_EQ(other.get_text("text").to_string(), "one late");
}

TEST_F(Restore, TakesAStateOfAnotherDocument) {
  doc.get_map("map").set("a", 1);
  ycpp::Doc backup(by(7));
  backup.get_map("map").set("a", "from the backup");
  backup.get_text("text").insert(0, "backup");
  restore(backup.encode_state_as_update());
  EXPECT_TRUE(content(doc) == content(backup));
}

TEST_F(Restore, CanBeTakenBackByAnotherRestore) {
  doc.get_text("text").insert(0, "old");
  const Bytes then = doc.encode_state_as_update();
  doc.get_text("text").delete_text(0, 3);
  doc.get_text("text").insert(0, "new");
  const Bytes later = doc.encode_state_as_update();
  restore(then);
  EXPECT_EQ(doc.get_text("text").to_string(), "old");
  restore(later);
  EXPECT_EQ(doc.get_text("text").to_string(), "new");
}

TEST_F(Restore, RefusesWhatIsNoState) {
  const Bytes garbage{1, 2, 3};
  EXPECT_FALSE(restore_update(doc.encode_state_as_update(), garbage, kServer));
}

// Random edits of three replicas; any earlier state comes back, for everybody.
TEST(RestoreRandomly, AnyEarlierStateComesBack) {
  const char* given = std::getenv("RUNNEL_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20'260;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 40; ++round) {
    std::array<ycpp::Doc, 3> docs{ycpp::Doc(by(1)), ycpp::Doc(by(2)), ycpp::Doc(by(3))};
    std::vector<Bytes> states;
    for (int step = 0; step < 60; ++step) {
      ycpp::Doc& doc = docs[random.below(3)];
      ycpp::Text text = doc.get_text("text");
      ycpp::Array list = doc.get_array("list");
      ycpp::Map map = doc.get_map("map");
      switch (random.below(7)) {
        case 0:
        case 1:
          text.insert(random.below(text.length() + 1),
                      std::string(1 + random.below(4), 'a' + static_cast<char>(random.below(26))));
          break;
        case 2:
          if (text.length() > 0) text.delete_text(random.below(text.length()), 1 + random.below(3));
          break;
        case 3:
          list.insert(random.below(list.length() + 1),
                      {ycpp::new_map({{"n", static_cast<int>(step)}})})
              .value();
          break;
        case 4:
          if (list.length() > 0) list.remove(random.below(list.length())).value();
          break;
        case 5:
          map.set("k" + std::to_string(random.below(3)), static_cast<int>(step));
          break;
        default:
          map.remove("k" + std::to_string(random.below(3)));
      }
      if (random.below(3) != 0) continue;
      const Bytes merged = doc.encode_state_as_update();
      ASSERT_TRUE(docs[0].apply_update(merged));
      ASSERT_TRUE(docs[random.below(3)].apply_update(docs[0].encode_state_as_update()));
      states.push_back(docs[0].encode_state_as_update());
    }
    if (states.empty()) continue;
    ycpp::Doc then(by(50));
    const Bytes& target = states[random.below(states.size())];
    ASSERT_TRUE(then.apply_update(target));
    for (ycpp::Doc& doc : docs) ASSERT_TRUE(docs[0].apply_update(doc.encode_state_as_update()));
    const Result<Bytes> update = restore_update(docs[0].encode_state_as_update(), target, kServer);
    ASSERT_TRUE(update) << update.error().detail;
    for (ycpp::Doc& doc : docs) {
      ASSERT_TRUE(doc.apply_update(docs[0].encode_state_as_update()));
      if (!update->empty()) {
        ASSERT_TRUE(doc.apply_update(*update));
      }
      ASSERT_TRUE(content(doc) == content(then)) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace runnel::server
