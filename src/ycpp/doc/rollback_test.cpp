// An update whose items conflict with too many others is refused half-way, and the document is as
// it was: its bytes, what its types show, and what it makes of later updates.
#include "ycpp/doc/doc.h"
#include "ycpp/encoding/json.h"
#include "ycpp/types/array.h"
#include "ycpp/types/map.h"
#include "ycpp/types/text.h"
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ycpp {
namespace {

DocOptions options_with(std::uint64_t client, std::uint64_t steps) {
  DocOptions options;
  options.client_id = ClientId{client};
  options.conflict_steps_max = steps;
  return options;
}

void fill_all_kinds(Doc& doc) {
  doc.get_text("t").insert(0, "hello world");
  doc.get_text("t").delete_text(2, 3);
  doc.get_map("m").set("k", "old");
  ASSERT_TRUE(doc.get_array("a").insert(0, {Any(1.0), Any(2.0), Any(3.0)}).has_value());
}

// Edits everything of `base` and then inserts so many texts at its start, each by a client with a
// higher id, that placing all of them takes many steps.
Bytes edits_with_conflicts(const Bytes& base, std::size_t conflicts) {
  Doc editor(options_with(2, DocOptions{}.conflict_steps_max));
  EXPECT_TRUE(editor.apply_update(base).has_value());
  editor.get_text("t").insert(4, "new");
  editor.get_text("t").delete_text(0, 2);
  editor.get_map("m").set("k", "new");
  editor.get_map("m").set("other", "new");
  editor.get_map("new root").set("k", "new");
  EXPECT_TRUE(editor.get_array("a").remove(0, 2).has_value());
  std::vector<Bytes> parts{editor.encode_state_as_update()};
  for (std::size_t i = 0; i < conflicts; ++i) {
    Doc one(options_with(100 + i, DocOptions{}.conflict_steps_max));
    EXPECT_TRUE(one.apply_update(base).has_value());
    EXPECT_TRUE(one.get_array("a").insert(1, {Any(static_cast<double>(i))}).has_value());
    for (std::size_t k = 0; k < i % 4; ++k) {
      EXPECT_TRUE(one.get_array("a").insert(0, {Any("more")}).has_value());
    }
    parts.push_back(one.encode_state_as_update());
  }
  Doc all(options_with(3, DocOptions{}.conflict_steps_max));
  for (const Bytes& part : parts) EXPECT_TRUE(all.apply_update(part).has_value());
  return all.encode_state_as_update();
}

struct Shown {
  std::string text;
  std::uint64_t text_length;
  std::string map;
  std::string array;

  friend bool operator==(const Shown&, const Shown&) = default;
};

Shown shown(Doc& doc) {
  return {doc.get_text("t").to_string(), doc.get_text("t").length(),
          to_json(doc.get_map("m").to_json()), to_json(doc.get_array("a").to_json())};
}

TEST(Rollback, LeavesNothingOfAnUpdateThatNeedsTooManySteps) {
  for (const bool is_open : {false, true}) {
    Doc source(options_with(1, DocOptions{}.conflict_steps_max));
    fill_all_kinds(source);
    const Bytes base = source.encode_state_as_update();
    const Bytes update = edits_with_conflicts(base, 12);
    std::size_t refused = 0;
    bool was_taken = false;
    for (std::uint64_t steps = 0; steps < 200; ++steps) {
      Doc doc(options_with(9, steps));
      ASSERT_TRUE(doc.apply_update(base).has_value());
      if (is_open) (void)shown(doc);
      std::size_t events = 0;
      doc.on_update([&events](const UpdateEvent& /*event*/) { ++events; });
      const Bytes before = doc.encode_state_as_update_v2();
      const Result<void> applied = doc.apply_update(update);
      if (applied) {
        was_taken = true;
        break;
      }
      ++refused;
      EXPECT_EQ(applied.error().code, Errc::LimitExceeded);
      EXPECT_EQ(events, 0U);
      EXPECT_EQ(doc.encode_state_as_update_v2(), before) << steps;
      EXPECT_EQ(shown(doc), shown(source)) << steps;
      EXPECT_EQ(doc.pending_bytes(), 0U);
      // It goes on as one does that never saw the update.
      doc.transact(
          [&](Transaction& /*open*/) { EXPECT_TRUE(doc.apply_update(update).has_value()); });
      Doc expected(options_with(8, DocOptions{}.conflict_steps_max));
      ASSERT_TRUE(expected.apply_update(base).has_value());
      ASSERT_TRUE(expected.apply_update(update).has_value());
      EXPECT_EQ(doc.encode_state_as_update(), expected.encode_state_as_update()) << steps;
      EXPECT_EQ(shown(doc), shown(expected)) << steps;
    }
    EXPECT_GT(refused, 3U);
    EXPECT_TRUE(was_taken);
  }
}

// Found by the fuzzer: the halves of a pair that the update cut were U+FFFD for good.
TEST(Rollback, PutsTogetherTheCharactersThatTheUpdateCut) {
  for (const std::string_view text : {"😀", "a😀b", "😀😀", "😀é😀"}) {
    Doc source(options_with(1, DocOptions{}.conflict_steps_max));
    source.get_text("t").insert(0, text);
    const Bytes base = source.encode_state_as_update();
    const std::uint64_t length = source.get_text("t").length();
    Doc all(options_with(3, DocOptions{}.conflict_steps_max));
    for (std::uint64_t client = 10; client < 13; ++client) {
      Doc one(options_with(client, DocOptions{}.conflict_steps_max));
      ASSERT_TRUE(one.apply_update(base).has_value());
      for (std::uint64_t at = length - 1; at > 0; --at) one.get_text("t").insert(at, "x");
      ASSERT_TRUE(all.apply_update(one.encode_state_as_update()).has_value());
    }
    const Bytes update = all.encode_state_as_update();
    std::size_t refused = 0;
    for (std::uint64_t steps = 0; steps < 100; ++steps) {
      Doc doc(options_with(9, steps));
      ASSERT_TRUE(doc.apply_update(base).has_value());
      if (doc.apply_update(update)) break;
      ++refused;
      EXPECT_EQ(doc.get_text("t").to_string(), text) << steps;
      EXPECT_EQ(doc.encode_state_as_update(), base) << steps;
      EXPECT_EQ(doc.encode_state_as_update_v2(), source.encode_state_as_update_v2()) << steps;
      // It goes on as one does that never saw the update.
      doc.transact(
          [&](Transaction& /*open*/) { EXPECT_TRUE(doc.apply_update(update).has_value()); });
      EXPECT_EQ(doc.encode_state_as_update(), update) << steps;
    }
    EXPECT_GT(refused, 0U) << text;
  }
}

}  // namespace
}  // namespace ycpp
