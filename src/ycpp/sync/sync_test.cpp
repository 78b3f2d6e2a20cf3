#include "ycpp/encoding/testing/hex.h"
#include "ycpp/sync/awareness.h"
#include "ycpp/sync/sync_message.h"
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace ycpp {
namespace {

using namespace std::chrono_literals;
using testing::from_hex;
using testing::to_hex;

AwarenessEntry entry(std::uint64_t client, Clock clock, std::string state) {
  return {.client = ClientId{client}, .clock = clock, .state = std::move(state)};
}

AwarenessOutcome apply_one(Awareness& awareness, const AwarenessEntry& one) {
  return awareness.apply(std::vector{one}, 0ms).outcomes.at(0);
}

TEST(Awareness, says_of_each_entry_what_became_of_it) {
  Awareness awareness{ClientId{1}, {.clients = 3, .state_bytes = 12}};
  awareness.set_local_state("{}", 0ms);
  EXPECT_EQ(apply_one(awareness, entry(2, 0, "{}")), AwarenessOutcome::Stale);
  EXPECT_EQ(apply_one(awareness, entry(2, 1, "{}")), AwarenessOutcome::Added);
  EXPECT_EQ(apply_one(awareness, entry(2, 1, R"({"a":1})")), AwarenessOutcome::Stale);
  EXPECT_EQ(apply_one(awareness, entry(2, 2, "{ }")), AwarenessOutcome::Renewed);
  EXPECT_EQ(apply_one(awareness, entry(2, 3, R"({"a":1})")), AwarenessOutcome::Changed);
  EXPECT_EQ(apply_one(awareness, entry(2, 3, "null")), AwarenessOutcome::Removed);
  EXPECT_EQ(apply_one(awareness, entry(2, 3, "null")), AwarenessOutcome::Stale);
  EXPECT_EQ(apply_one(awareness, entry(3, 5, "null")), AwarenessOutcome::NullForUnknown);
  EXPECT_EQ(apply_one(awareness, entry(4, 5, "{}")), AwarenessOutcome::TooMany);
  EXPECT_EQ(apply_one(awareness, entry(2, 9, R"({"a":123456})")), AwarenessOutcome::Changed);
  EXPECT_EQ(apply_one(awareness, entry(2, 10, R"({"a":1234567})")), AwarenessOutcome::TooLarge);
  EXPECT_EQ(apply_one(awareness, entry(1, 7, "null")), AwarenessOutcome::LocalKept);
  EXPECT_EQ(awareness.find(ClientId{1})->clock, 8U);
  EXPECT_EQ(awareness.find(ClientId{1})->state, "{}");
}

TEST(Awareness, an_update_that_cannot_be_read_changes_nothing) {
  Awareness awareness;
  Bytes update = encode_awareness_entries(std::vector{entry(1, 1, "{}"), entry(2, 1, "{]")});
  const auto applied = awareness.apply(update, 0ms);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().byte, 8U);
  EXPECT_TRUE(awareness.clients().empty());
  update = encode_awareness_entries(std::vector{entry(1, 1, "{}")});
  update.pop_back();
  EXPECT_FALSE(awareness.apply(update, 0ms));
  EXPECT_FALSE(awareness.apply(from_hex("ffffffff0f"), 0ms));
}

TEST(Awareness, a_client_that_is_forgotten_may_come_back_with_a_low_clock) {
  Awareness awareness;
  apply_one(awareness, entry(5, 9, "{}"));
  awareness.forget(ClientId{5});
  EXPECT_EQ(apply_one(awareness, entry(5, 1, "{}")), AwarenessOutcome::Added);
}

TEST(Awareness, restamping_renews_and_never_goes_back) {
  Awareness awareness;
  apply_one(awareness, entry(5, 9, "{}"));
  EXPECT_FALSE(awareness.restamp(ClientId{5}, 8, 20ms));
  EXPECT_FALSE(awareness.restamp(ClientId{6}, 8, 20ms));
  EXPECT_TRUE(awareness.restamp(ClientId{5}, 10, 20ms));
  EXPECT_EQ(awareness.find(ClientId{5})->clock, 10U);
  EXPECT_TRUE(awareness.not_renewed_since(19ms).empty());
  EXPECT_EQ(awareness.not_renewed_since(20ms), std::vector{ClientId{5}});
}

TEST(Awareness, encodes_the_chosen_clients_and_null_for_those_that_are_gone) {
  Awareness awareness;
  apply_one(awareness, entry(5, 9, R"({"a":1})"));
  apply_one(awareness, entry(300, 1, "{}"));
  apply_one(awareness, entry(300, 2, " null "));
  const Bytes bytes = awareness.encode(std::vector{ClientId{300}, ClientId{7}, ClientId{5}});
  const auto entries = decode_awareness_update(bytes);
  ASSERT_TRUE(entries);
  EXPECT_EQ(*entries, (std::vector{entry(300, 2, "null"), entry(5, 9, R"({"a":1})")}));
}

TEST(SyncMessage, is_laid_out_as_in_y_protocols) {
  const Bytes payload{0xAA, 0xBB};
  EXPECT_EQ(to_hex(encode_sync_step1(payload)), "000002aabb");
  EXPECT_EQ(to_hex(encode_sync_step2(payload)), "000102aabb");
  EXPECT_EQ(to_hex(encode_sync_update(payload)), "000202aabb");
  EXPECT_EQ(to_hex(encode_awareness_message(payload)), "0102aabb");
  EXPECT_EQ(to_hex(encode_permission_denied("no")), "0200026e6f");
  EXPECT_EQ(to_hex(encode_query_awareness()), "03");
}

template <class Kind>
Kind decode_as(const Bytes& bytes) {
  const Result<Message> message = decode_message(bytes);
  EXPECT_TRUE(message);
  const auto* found = std::get_if<Kind>(&*message);
  EXPECT_NE(found, nullptr);
  return found == nullptr ? Kind{} : *found;
}

TEST(SyncMessage, reads_what_it_writes_and_ignores_what_follows) {
  const Bytes payload{0xAA, 0xBB};
  EXPECT_EQ(to_hex(decode_as<SyncStep1>(encode_sync_step1(payload)).state_vector), "aabb");
  EXPECT_EQ(to_hex(decode_as<SyncStep2>(encode_sync_step2(payload)).update), "aabb");
  EXPECT_EQ(to_hex(decode_as<SyncUpdate>(encode_sync_update(payload)).update), "aabb");
  EXPECT_EQ(to_hex(decode_as<AwarenessMessage>(encode_awareness_message(payload)).update), "aabb");
  EXPECT_EQ(decode_as<PermissionDenied>(encode_permission_denied("no")).reason, "no");
  decode_as<QueryAwareness>(encode_query_awareness());
  EXPECT_EQ(to_hex(decode_as<SyncUpdate>(from_hex("000201cc dddd")).update), "cc");
  const Bytes other = from_hex("7801");
  EXPECT_EQ(decode_as<OtherMessage>(other).type, 120U);
  EXPECT_EQ(to_hex(decode_as<OtherMessage>(other).body), "01");
}

TEST(SyncMessage, refuses_what_is_cut_short_or_unknown) {
  for (const char* hex :
       {"", "00", "0003", "000300", "0000", "000002aa", "01", "0105aa", "0201", "020001ff", "80"}) {
    EXPECT_FALSE(decode_message(from_hex(hex))) << hex;
  }
}

TEST(Awareness, SetsOneFieldOfTheLocalState) {
  constexpr std::chrono::milliseconds kNow{1};
  Awareness awareness(ClientId{1});
  EXPECT_TRUE(awareness.set_local_state_field("name", "Ada", kNow).empty());
  EXPECT_FALSE(awareness.local_state().has_value());
  awareness.set_local_state("{}", kNow);
  EXPECT_EQ(awareness.set_local_state_field("name", "Ada", kNow).changed.size(), 1U);
  awareness.set_local_state_field("cursor", AnyArray{1, 2}, kNow);
  awareness.set_local_state_field("name", "Bob", kNow);
  EXPECT_EQ(awareness.local_state(), R"({"name":"Bob","cursor":[1,2]})");
  EXPECT_EQ(awareness.find(ClientId{1})->clock, 3U);
}

}  // namespace
}  // namespace ycpp
