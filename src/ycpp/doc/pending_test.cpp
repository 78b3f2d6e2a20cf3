// Structs that wait: what they carry, what wakes them, and that they never stand in for what the
// document knows.
#include "ycpp/doc/doc.h"
#include "ycpp/encoding/section_writer.h"
#include "ycpp/encoding/testing/hex.h"
#include "ycpp/types/text.h"
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ycpp {
namespace {

struct Piece {
  Id id;
  std::string_view text;
  std::optional<Id> origin;
  std::optional<Id> right_origin;
};

constexpr Id id(std::uint64_t client, Clock clock) { return {ClientId{client}, clock}; }

// An update of texts in the root "t".
Bytes texts(const std::vector<Piece>& pieces) {
  SectionWriter<UpdateEncoderV1> writer;
  for (const Piece& piece : pieces) {
    RawStruct raw;
    raw.id = piece.id;
    raw.info = static_cast<std::uint8_t>(BlockKind::String);
    raw.content.kind = BlockKind::String;
    raw.content.text = piece.text;
    raw.content.length = piece.text.size();
    raw.content.ascii = true;
    if (piece.origin) {
      raw.info |= kInfoOrigin;
      raw.origin = *piece.origin;
    }
    if (piece.right_origin) {
      raw.info |= kInfoRightOrigin;
      raw.right_origin = *piece.right_origin;
    }
    raw.parent_kind = piece.origin || piece.right_origin ? ParentKind::Neighbour : ParentKind::Root;
    raw.parent_root = "t";
    writer.write(raw);
  }
  writer.finish_structs();
  writer.encoder().rest().u8(0);
  return writer.finish();
}

Bytes bytes_of(std::string_view hex) { return testing::from_hex(hex); }

// What somebody sees who gets the whole state from `doc`, and then all that was missing.
std::string seen_by_newcomer(Doc& doc, const Bytes& last) {
  Doc v1;
  EXPECT_TRUE(v1.apply_update_v1(doc.encode_state_as_update()).has_value());
  Doc v2;
  EXPECT_TRUE(v2.apply_update_v2(doc.encode_state_as_update_v2()).has_value());
  for (Doc* const newcomer : {&v1, &v2}) {
    EXPECT_TRUE(last.empty() || newcomer->apply_update(last).has_value());
  }
  EXPECT_EQ(v1.get_text("t").to_string(), v2.get_text("t").to_string());
  return v1.get_text("t").to_string();
}

// Client 1 has written "abcdef", client 2 has put "--" into the middle, so that there are two
// blocks.
void fill(Doc& doc) {
  ASSERT_TRUE(doc.apply_update(texts({{id(1, 0), "abcdef", {}, {}}})).has_value());
  ASSERT_TRUE(doc.apply_update(texts({{id(2, 0), "--", id(1, 2), id(1, 3)}})).has_value());
  ASSERT_EQ(doc.get_text("t").to_string(), "abc--def");
}

// What the other version waits for.
Bytes missing() { return texts({{id(9, 0), "!", id(1, 5), {}}}); }

TEST(Pending, DoesNotKeepAnotherVersionOfWhatIsKnown) {
  Doc doc;
  fill(doc);
  const Bytes before = doc.encode_state_as_update();
  ASSERT_TRUE(doc.apply_update(texts({{id(1, 0), "hidden", {}, id(9, 0)}})).has_value());
  EXPECT_EQ(doc.pending_bytes(), 0U);
  EXPECT_EQ(doc.encode_state_as_update(), before);
  EXPECT_EQ(seen_by_newcomer(doc, {}), "abc--def");
}

TEST(Pending, KeepsOnlyTheUnknownPartOfAStructThatIsPartlyKnown) {
  for (const Clock from : {Clock{1}, Clock{2}, Clock{4}, Clock{5}}) {
    Doc doc;
    fill(doc);
    const Bytes other = texts({{id(1, from), "hiddenXY", id(9, 0), id(9, 0)}});
    ASSERT_TRUE(doc.apply_update(other).has_value());
    EXPECT_TRUE(seen_by_newcomer(doc, {}).starts_with("abc--def")) << from;
    EXPECT_TRUE(seen_by_newcomer(doc, missing()).starts_with("abc--def")) << from;
    ASSERT_TRUE(doc.apply_update(missing()).has_value());
    EXPECT_EQ(doc.pending_bytes(), 0U);
    EXPECT_EQ(doc.get_text("t").to_string(),
              "abc--def" + std::string("hiddenXY").substr(6 - from) + "!");
  }
}

TEST(Pending, DoesNotHandOnWhatCameToBeKnownWhileItWaited) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(texts({{id(1, 0), "ab", {}, {}}})).has_value());
  ASSERT_TRUE(doc.apply_update(texts({{id(1, 2), "hidden", id(1, 1), id(9, 0)}})).has_value());
  ASSERT_TRUE(doc.apply_update(texts({{id(1, 2), "cdef", id(1, 1), {}}})).has_value());
  ASSERT_TRUE(doc.apply_update(texts({{id(2, 0), "--", id(1, 2), id(1, 3)}})).has_value());
  EXPECT_EQ(seen_by_newcomer(doc, {}), "abc--def");
  EXPECT_EQ(seen_by_newcomer(doc, missing()), "abc--defen!");
  ASSERT_TRUE(doc.apply_update(texts({{id(1, 6), "gh", id(1, 5), {}}})).has_value());
  EXPECT_EQ(doc.pending_bytes(), 0U);
  EXPECT_EQ(doc.get_text("t").to_string(), "abc--defgh");
}

TEST(Pending, AStructThatBecameKnownNoLongerHoldsUpWhatFollowsIt) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(texts({{id(1, 0), "ab", {}, {}}})).has_value());
  ASSERT_TRUE(
      doc.apply_update(texts({{id(1, 2), "c", id(1, 1), id(9, 0)}, {id(1, 3), "d", id(1, 2), {}}}))
          .has_value());
  EXPECT_GT(doc.pending_bytes(), 0U);
  ASSERT_TRUE(doc.apply_update(texts({{id(1, 2), "c", id(1, 1), {}}})).has_value());
  EXPECT_EQ(doc.get_text("t").to_string(), "abcd");
  EXPECT_EQ(doc.pending_bytes(), 0U);
}

// Of a text with an embed and a format, in format V2, which carries every value; Yjs's bytes.
struct Values {
  const char* name;
  const char* first;
  const char* rest;
  const char* state;
  const char* rest_as_v1;  // empty where Yjs throws
};

constexpr Values kValues[] = {
    {"numbers and undefined", "00000101000001040502746141000101000001010000",
     "000200020241030201000200020585004600c605026b6b41000000000103017604017a7d40016e7b7ff8000000"
     "00000001757f01697c7f8000007601017a7d407e00",
     "0002000202410302010002000207040085004600c6070474616b6b4102010100000104007604017a7d40016e7b"
     "7ff800000000000001757f01697c7f8000007601017a7d407e00",
     "01030101850100197b227a223a302c226e223a6e756c6c2c2269223a6e756c6c7d460100016b077b227a223a30"
     "7dc601000101016b046e756c6c00"},
    {"bigint", "00000101000001040502746141000101000001010000",
     "000002410001000001850100000000010101760201627aab54a98ceb1f0ad201767a000000000000000700",
     "00000241000100000304008505027461410001010000010200760201627aab54a98ceb1f0ad201767a00000000"
     "0000000700",
     ""},
};

TEST(Pending, LosesNothingOfValuesThatJsonCannotCarry) {
  for (const Values& values : kValues) {
    SCOPED_TRACE(values.name);
    Doc doc;
    ASSERT_TRUE(doc.apply_update_v2(bytes_of(values.rest)).has_value());
    EXPECT_EQ(testing::to_hex(doc.encode_state_as_update_v2()), values.rest);
    if (*values.rest_as_v1 != 0) {
      EXPECT_EQ(testing::to_hex(doc.encode_state_as_update()), values.rest_as_v1);
    }
    // Twice, so that the two versions meet.
    ASSERT_TRUE(doc.apply_update_v2(bytes_of(values.rest)).has_value());
    EXPECT_EQ(testing::to_hex(doc.encode_state_as_update_v2()), values.rest);
    ASSERT_TRUE(doc.apply_update_v2(bytes_of(values.first)).has_value());
    EXPECT_EQ(testing::to_hex(doc.encode_state_as_update_v2()), values.state);
    EXPECT_EQ(doc.pending_bytes(), 0U);
  }
}

TEST(Pending, TakesStructsOneByOneInAnyOrderAsFewRuns) {
  constexpr Clock kCount = 4096;
  for (const bool reversed : {false, true}) {
    Doc doc;
    for (Clock i = 1; i < kCount; ++i) {
      const Clock clock = reversed ? kCount - i : i;
      ASSERT_TRUE(doc.apply_update(texts({{id(1, clock), "x", id(1, clock - 1), {}}})).has_value());
    }
    EXPECT_LT(doc.pending_bytes(), kCount * 32) << reversed;
    ASSERT_TRUE(doc.apply_update(texts({{id(1, 0), "x", {}, {}}})).has_value());
    EXPECT_EQ(doc.pending_bytes(), 0U);
    EXPECT_EQ(doc.get_text("t").length(), kCount);
  }
}

}  // namespace
}  // namespace ycpp
