#include "runnel/collab/ack_tracker.h"

#include <gtest/gtest.h>

namespace runnel::collab {
namespace {

TEST(AckTracker, CountsMessagesAndForEachHowFarItHasCome) {
  AckTracker acks;
  acks.received(1);
  acks.received(1);
  acks.received(3);
  EXPECT_EQ(acks.take(), (Ack{.received = 3, .durable = 0, .backend = 0}));
  EXPECT_EQ(acks.take(), std::nullopt);
  acks.durable(2);
  EXPECT_EQ(acks.take(), (Ack{.received = 3, .durable = 2, .backend = 0}));
  acks.backend(3);
  acks.durable(3);
  EXPECT_EQ(acks.take(), (Ack{.received = 3, .durable = 3, .backend = 3}));
}

TEST(AckTracker, NeverGoesBackAndNeverSaysMoreThanIsTrueHoweverLongTheBackendIsAway) {
  AckTracker acks;
  for (storage::Seq seq = 1; seq <= 10'000; ++seq) acks.received(seq);
  Ack before;
  for (storage::Seq seq = 0; seq <= 10'000; seq += 7) {
    acks.backend(seq);
    const Ack now = acks.take().value_or(before);
    EXPECT_LE(now.backend, seq);
    EXPECT_GE(now.backend, before.backend);
    before = now;
  }
  acks.backend(10'000);
  EXPECT_EQ(acks.take().value_or(before).backend, 10'000U);
}

TEST(AckTracker, AMessageThatSaidNothingNewIsAsSavedAsWhatIsThere) {
  AckTracker acks;
  acks.received(0);
  acks.durable(0);
  acks.backend(0);
  EXPECT_EQ(acks.take(), (Ack{.received = 1, .durable = 1, .backend = 1}));
}

}  // namespace
}  // namespace runnel::collab
