#include "runnel/storage/testing/memory_store.h"

#include "base/testing/manual_executor.h"
#include <gtest/gtest.h>

namespace runnel::storage {
namespace {

class MemoryStoreTest : public testing::Test {
 protected:
  Result<void> append(Seq seq) {
    Result<void> outcome = fail(Errc::Unavailable, "not completed");
    store_->append(room_, {.seq = seq, .update = {1}},
                   [&](Result<void> r) { outcome = std::move(r); });
    loop_.run_ready();
    return outcome;
  }

  RoomRecord load() {
    RoomRecord record;
    store_->load(room_, [&](Result<RoomRecord> loaded) { record = *std::move(loaded); });
    loop_.run_ready();
    return record;
  }

  ManualTime time_;
  ManualExecutor loop_{time_};
  StoreModel model_;
  std::unique_ptr<MemoryStore> store_{std::make_unique<MemoryStore>(model_, loop_, time_)};
  RoomId room_{"main", "a"};
};

TEST_F(MemoryStoreTest, a_room_survives_the_store) {
  ASSERT_TRUE(append(1));
  store_ = std::make_unique<MemoryStore>(model_, loop_, time_);
  EXPECT_EQ(load().last_seq, 1U);
  EXPECT_EQ(load().state, RoomState::Present);
}

TEST_F(MemoryStoreTest, a_failed_append_breaks_the_room_until_it_is_loaded) {
  ASSERT_TRUE(append(1));
  store_->set_failing(true);
  EXPECT_FALSE(append(2));
  store_->set_failing(false);
  EXPECT_FALSE(append(2));
  EXPECT_EQ(load().last_seq, 1U);
  EXPECT_TRUE(append(2));
}

TEST_F(MemoryStoreTest, durable_positions_follow_unless_held) {
  Seq durable = 0;
  store_->set_durable_listener([&](const RoomId&, Seq seq) { durable = seq; });
  store_->hold_durable(true);
  ASSERT_TRUE(append(1));
  EXPECT_EQ(durable, 0U);
  store_->hold_durable(false);
  loop_.run_ready();
  EXPECT_EQ(durable, 1U);
}

TEST_F(MemoryStoreTest, an_append_out_of_order_is_a_conflict) {
  const auto outcome = append(2);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::Conflict);
  EXPECT_EQ(load().state, RoomState::Absent);
}

}  // namespace
}  // namespace runnel::storage
