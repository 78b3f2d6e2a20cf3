#include "runnel/server/admin_history.h"

#include "ycpp/types/roots.h"
#include <boost/json/array.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace runnel::server {
namespace {

using ::testing::HasSubstr;

// A room in which one client typed "a", "b", "c", "d", each an entry of its own.
struct Typed : ::testing::Test {
  Typed() {
    doc.on_update([this](const ycpp::UpdateEvent& event) {
      const storage::Seq seq = ++record.last_seq;
      record.tail.push_back({.seq = seq,
                             .first_seq = seq,
                             .time_ms = 1000 + static_cast<std::int64_t>(seq),
                             .author = "ada",
                             .keep = true,
                             .update = to_bytes(event.update)});
    });
    for (const char* letter : {"a", "b", "c", "d"}) {
      doc.get_text("t").insert(doc.get_text("t").length(), letter);
    }
  }

  std::string text_at(storage::Seq at) {
    const Result<Bytes> state = state_at(record, at);
    if (!state) return "refused: " + state.error().detail;
    ycpp::Doc copy;
    EXPECT_TRUE(copy.apply_update(*state));
    return copy.get_text("t").to_string();
  }

  // Everything up to `seq` becomes the snapshot.
  void fold(storage::Seq seq) {
    record.snapshot = state_at(record, seq).value();
    record.snapshot_seq = seq;
    std::erase_if(record.tail, [seq](const storage::LogEntry& entry) { return entry.seq <= seq; });
  }

  ycpp::Doc doc{ycpp::DocOptions{.client_id = ycpp::ClientId(7)}};
  storage::RoomRecord record{.state = storage::RoomState::Present};
};

TEST_F(Typed, EveryPositionIsADocument) {
  EXPECT_EQ(text_at(0), "");
  EXPECT_EQ(text_at(1), "a");
  EXPECT_EQ(text_at(3), "abc");
  EXPECT_EQ(text_at(4), "abcd");
  EXPECT_THAT(text_at(5), HasSubstr("ends at position 4"));
}

TEST_F(Typed, WhatIsFoldedCannotBeTold) {
  fold(2);
  EXPECT_THAT(text_at(1), HasSubstr("before position 2"));
  EXPECT_EQ(text_at(2), "ab");
  EXPECT_EQ(text_at(3), "abc");
}

TEST_F(Typed, AMergedEntryHasNoMiddle) {
  record.tail[2].update = doc.encode_state_as_update();
  record.tail[2].seq = 4;
  record.tail.pop_back();
  EXPECT_THAT(text_at(3), HasSubstr("in the middle of an entry that ends at 4"));
  EXPECT_EQ(text_at(4), "abcd");
}

TEST_F(Typed, PagesGoFromTheNewestToTheOldest) {
  const auto first = describe_history(record, HistoryPage{.limit = 3, .before = {}});
  const auto& entries = first.at("entries").as_array();
  ASSERT_EQ(entries.size(), 3U);
  const auto& newest = entries[0].as_object();
  EXPECT_EQ(newest.at("seq").as_uint64(), 4U);
  EXPECT_EQ(newest.at("time_ms").as_int64(), 1004);
  EXPECT_EQ(newest.at("user_id").as_string(), "ada");
  EXPECT_EQ(newest.at("clients").as_array().at(0).as_uint64(), 7U);
  const auto rest = describe_history(record, HistoryPage{.limit = 3, .before = 2});
  EXPECT_EQ(first.at("next").as_uint64(), 2U);
  EXPECT_EQ(rest.at("entries").as_array().size(), 1U);
  EXPECT_TRUE(rest.at("next").is_null());
}

TEST_F(Typed, ParametersAreChecked) {
  EXPECT_TRUE(HistoryPage::parse("limit=1000&before=7"));
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "before=-1", "before="}) {
    EXPECT_FALSE(HistoryPage::parse(query)) << query;
  }
}

}  // namespace
}  // namespace runnel::server
