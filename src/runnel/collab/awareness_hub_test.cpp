#include "runnel/collab/awareness_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::collab {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ycpp::AwarenessEntry;
using ycpp::ClientId;

constexpr ConnectionId kA{1};
constexpr ConnectionId kB{2};

struct Hub {
  Hub() : hub(AwarenessOptions{}) {}

  void join(ConnectionId connection, const std::string& key = "", const std::string& user = "",
            bool heartbeat = true) {
    hub.join(connection, {.key = key, .user_id = user, .sends_heartbeat = heartbeat});
  }

  AwarenessEffects say(ConnectionId from, std::vector<AwarenessEntry> entries) {
    auto effects = hub.receive(from, ycpp::encode_awareness_entries(entries), now);
    EXPECT_TRUE(effects);
    return effects ? *effects : AwarenessEffects{};
  }

  AwarenessEffects say(ConnectionId from, std::uint64_t client, ycpp::Clock clock,
                       const std::string& state = "{}") {
    return say(from, {{.client = ClientId(client), .clock = clock, .state = state}});
  }

  AwarenessEntry sent(std::uint64_t client) {
    return ycpp::decode_awareness_update(hub.encode({ClientId(client)}))->front();
  }

  AwarenessHub hub;
  milliseconds now{0};
};

TEST(AwarenessHub, AnAnnouncementAloneMakesTheIdItsConnections) {
  Hub h;
  h.join(kA);
  EXPECT_THAT(h.say(kA, 5, 1).changed, ElementsAre(ClientId(5)));
  EXPECT_TRUE(h.hub.is_owner(kA, ClientId(5)));
}

TEST(AwarenessHub, AnUnknownClientWithClockZeroStaysInvisibleUntilItsClockMoves) {
  Hub h;
  h.join(kA);
  EXPECT_THAT(h.say(kA, 5, 0).changed, IsEmpty());
  EXPECT_EQ(h.hub.encode_all(), std::nullopt);
  EXPECT_THAT(h.say(kA, 5, 1).changed, ElementsAre(ClientId(5)));
}

TEST(AwarenessHub, TheSameClockAgainChangesNothing) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 1);
  const auto again = h.say(kA, 5, 1, R"({"a":1})");
  EXPECT_THAT(again.changed, IsEmpty());
  EXPECT_THAT(again.null_to_sender, IsEmpty());
  EXPECT_EQ(h.hub.state_of(ClientId(5)), "{}");
}

TEST(AwarenessHub, EntriesThatAConnectionRelaysForOthersChangeNothing) {
  Hub h;
  h.join(kA);
  h.join(kB);
  h.say(kA, 5, 1);
  h.say(kB, 6, 1);
  EXPECT_THAT(h.say(kB, 5, 9, R"({"forged":1})").changed, IsEmpty());
  EXPECT_THAT(h.say(kB, {{ClientId(5), 10, "{}"}, {ClientId(7), 3, "{}"}}).changed, IsEmpty());
  EXPECT_TRUE(h.hub.is_owner(kA, ClientId(5)));
  EXPECT_FALSE(h.hub.is_owner(kB, ClientId(7)));
  EXPECT_EQ(h.hub.state_of(ClientId(5)), "{}");
}

TEST(AwarenessHub, OnesOwnEntryCountsAlsoAmongOthers) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 1);
  const auto effects = h.say(kA, {{ClientId(9), 4, "{}"}, {ClientId(5), 2, R"({"x":1})"}});
  EXPECT_THAT(effects.changed, ElementsAre(ClientId(5)));
}

TEST(AwarenessHub, IdsGoWithTheirConnectionAndWithTheClockThatOthersKnow) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 3);
  EXPECT_THAT(h.hub.leave(kA, h.now).changed, ElementsAre(ClientId(5)));
  EXPECT_EQ(h.sent(5), (AwarenessEntry{ClientId(5), 3, "null"}));
  EXPECT_EQ(h.hub.live_count(), 0U);
}

TEST(AwarenessHub, AFarewellAndThenTheCloseAreOneRemoval) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 3);
  EXPECT_THAT(h.say(kA, 5, 3, "null").changed, ElementsAre(ClientId(5)));
  EXPECT_THAT(h.hub.leave(kA, h.now).changed, IsEmpty());
}

TEST(AwarenessHub, AClientThatReturnsWithAKnownClockIsAskedToAnnounceItselfAgain) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 3);
  h.hub.leave(kA, h.now);
  h.join(kB);
  const auto effects = h.say(kB, 5, 3);
  EXPECT_THAT(effects.changed, IsEmpty());
  EXPECT_THAT(effects.null_to_sender, ElementsAre(ClientId(5)));
  // What a stock client does with its own id as null: it is still there, one clock later.
  EXPECT_THAT(h.say(kB, 5, 4).changed, ElementsAre(ClientId(5)));
  EXPECT_THAT(h.hub.leave(kB, h.now).changed, ElementsAre(ClientId(5)));
}

TEST(AwarenessHub, AClientWhoseClockTheServerHasOvertakenIsAskedTheSame) {
  Hub h;
  h.join(kA, "", "", false);
  h.say(kA, 5, 1);
  for (int i = 0; i < 3; ++i) {
    h.now += milliseconds(15'000);
    h.hub.tick(h.now);
  }
  h.hub.leave(kA, h.now);
  h.join(kB);
  EXPECT_THAT(h.say(kB, 5, 2).null_to_sender, ElementsAre(ClientId(5)));
  EXPECT_EQ(h.sent(5).clock, 4U);
}

TEST(AwarenessHub, AReturningClientWithTheSameKeyAndUserTakesItsIdFromTheDeadConnection) {
  Hub h;
  h.join(kA, "pk", "ann");
  h.say(kA, 5, 3, R"({"n":1})");
  h.join(kB, "pk", "ann");
  EXPECT_THAT(h.say(kB, 5, 3, R"({"n":1})").probe, IsEmpty());
  EXPECT_TRUE(h.hub.is_owner(kB, ClientId(5)));
  EXPECT_THAT(h.hub.leave(kA, h.now).changed, IsEmpty());
  EXPECT_EQ(h.hub.state_of(ClientId(5)), R"({"n":1})");
  EXPECT_THAT(h.hub.leave(kB, h.now).changed, ElementsAre(ClientId(5)));
}

TEST(AwarenessHub, ALateWordOfTheConnectionBeforeTakesNothingFromTheOneAfterIt) {
  Hub h;
  h.join(kA, "pk", "user");
  h.join(kB, "pk", "user");
  h.say(kB, 5, 1);
  EXPECT_THAT(h.say(kA, 5, 1).changed, IsEmpty());
  EXPECT_TRUE(h.hub.is_owner(kB, ClientId(5)));
  EXPECT_THAT(h.hub.leave(kA, h.now).changed, IsEmpty());
  EXPECT_TRUE(h.hub.state_of(ClientId(5)));
}

// A client that is told in one message that another came and that itself is gone answers in one.
TEST(AwarenessHub, ItsOwnIdCountsAmongSeveral) {
  Hub h;
  h.join(kA, "pk", "user");
  h.say(kA, 5, 1);
  h.join(kB, "pk", "user");
  h.say(kB, 5, 1);
  EXPECT_THAT(h.hub.leave(kB, h.now).changed, ElementsAre(ClientId(5)));
  const auto effects = h.say(kA, {{ClientId(6), 1, "{}"}, {ClientId(5), 2, "{}"}});
  EXPECT_THAT(effects.changed, ElementsAre(ClientId(5)));
  EXPECT_TRUE(h.hub.is_owner(kA, ClientId(5)));
}

TEST(AwarenessHub, TheSameKeyOfAnotherUserTakesNothing) {
  Hub h;
  h.join(kA, "pk", "ann");
  h.say(kA, 5, 3);
  h.join(kB, "pk", "mallory");
  EXPECT_THAT(h.say(kB, 5, 4, R"({"forged":1})").changed, IsEmpty());
  EXPECT_TRUE(h.hub.is_owner(kA, ClientId(5)));
}

TEST(AwarenessHub, WithoutAKeyTheOldConnectionIsProbedAndTheIdPassesOnWhenItIsGone) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 3, R"({"n":1})");
  h.join(kB);
  EXPECT_THAT(h.say(kB, 5, 3, R"({"n":1})").probe, ElementsAre(kA));
  EXPECT_THAT(h.say(kB, 5, 4, R"({"n":2})").probe, IsEmpty());
  EXPECT_EQ(h.hub.state_of(ClientId(5)), R"({"n":1})");
  EXPECT_THAT(h.hub.leave(kA, h.now).changed, ElementsAre(ClientId(5)));
  EXPECT_EQ(h.hub.state_of(ClientId(5)), R"({"n":2})");
  EXPECT_TRUE(h.hub.is_owner(kB, ClientId(5)));
  EXPECT_THAT(h.hub.leave(kB, h.now).changed, ElementsAre(ClientId(5)));
  EXPECT_EQ(h.hub.live_count(), 0U);
}

TEST(AwarenessHub, AClaimDiesWithItsConnection) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 3);
  h.join(kB);
  h.say(kB, 5, 4);
  h.hub.leave(kB, h.now);
  EXPECT_THAT(h.hub.leave(kA, h.now).changed, ElementsAre(ClientId(5)));
  EXPECT_EQ(h.hub.live_count(), 0U);
}

TEST(AwarenessHub, WhatATabRelaysIsHeldForItUntilItAnnouncesItself) {
  Hub h;
  h.join(kA, "a");
  h.say(kA, 5, 1);
  EXPECT_THAT(h.say(kA, 6, 1).changed, ElementsAre(ClientId(6)));
  h.join(kB, "b");
  h.say(kB, 6, 1);
  EXPECT_TRUE(h.hub.is_owner(kB, ClientId(6)));
  EXPECT_THAT(h.say(kA, 6, 2).changed, IsEmpty());
  EXPECT_THAT(h.hub.leave(kA, h.now).changed, ElementsAre(ClientId(5)));
  EXPECT_THAT(h.hub.leave(kB, h.now).changed, ElementsAre(ClientId(6)));
}

TEST(AwarenessHub, WhatIsRelayedAndNotRenewedGoesAfter30Seconds) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 1);
  h.say(kA, 6, 1);
  h.now = milliseconds(29'999);
  h.say(kA, 5, 2);
  EXPECT_THAT(h.hub.tick(h.now).changed, IsEmpty());
  h.now = milliseconds(30'000);
  EXPECT_THAT(h.hub.tick(h.now).changed, ElementsAre(ClientId(6)));
  EXPECT_THAT(h.say(kA, 6, 1).changed, IsEmpty());
}

TEST(AwarenessHub, StatesOfSilentClientsAreRenewedEvery15SecondsAndReachTheirOwner) {
  Hub h;
  h.join(kA, "", "", false);
  h.say(kA, 5, 1);
  h.now = milliseconds(14'999);
  EXPECT_THAT(h.hub.tick(h.now).changed, IsEmpty());
  h.now = milliseconds(15'000);
  const auto effects = h.hub.tick(h.now);
  EXPECT_THAT(effects.changed, ElementsAre(ClientId(5)));
  EXPECT_TRUE(effects.tell_sender);
  EXPECT_EQ(h.sent(5), (AwarenessEntry{ClientId(5), 2, "{}"}));
}

TEST(AwarenessHub,
     AHeartbeatThatComesMakesRenewalUnnecessaryAndOneThatStaysAwayDoesNotHideTheUser) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 1);
  h.now = milliseconds(18'000);
  EXPECT_THAT(h.hub.tick(h.now).changed, IsEmpty());
  h.say(kA, 5, 2);
  h.now = milliseconds(38'999);
  EXPECT_THAT(h.hub.tick(h.now).changed, IsEmpty());
  h.now = milliseconds(39'000);
  EXPECT_THAT(h.hub.tick(h.now).changed, ElementsAre(ClientId(5)));
}

TEST(AwarenessHub, AnOwnersEntryAtAClockThatOnlyTheServerReachedIsStampedAnew) {
  Hub h;
  h.join(kA, "", "", false);
  h.say(kA, 5, 1);
  h.now = milliseconds(15'000);
  h.hub.tick(h.now);
  h.now = milliseconds(30'000);
  h.hub.tick(h.now);
  EXPECT_EQ(h.sent(5).clock, 3U);
  const auto effects = h.say(kA, 5, 2, R"({"cursor":1})");
  EXPECT_THAT(effects.changed, ElementsAre(ClientId(5)));
  EXPECT_TRUE(effects.tell_sender);
  EXPECT_EQ(h.sent(5), (AwarenessEntry{ClientId(5), 4, R"({"cursor":1})"}));
  EXPECT_THAT(h.say(kA, 5, 2, R"({"cursor":0})").changed, IsEmpty());
}

TEST(AwarenessHub, AFarewellAtAClockBehindTheServersIsHeard) {
  Hub h;
  h.join(kA, "", "", false);
  h.say(kA, 5, 1);
  h.now = milliseconds(15'000);
  h.hub.tick(h.now);
  EXPECT_THAT(h.say(kA, 5, 1, "null").changed, ElementsAre(ClientId(5)));
  EXPECT_EQ(h.sent(5), (AwarenessEntry{ClientId(5), 2, "null"}));
}

TEST(AwarenessHub, AMalformedOrTooLargeMessageChangesNothingAtAll) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 1);
  EXPECT_EQ(h.hub.receive(kA, Bytes{2, 6, 1, 2, '{', '}', 7, 1}, h.now).error().code,
            Errc::Malformed);
  EXPECT_EQ(h.hub.receive(kA, Bytes{1, 5, 2, 1, '{'}, h.now).error().code, Errc::Malformed);
  const std::vector<AwarenessEntry> large{{ClientId(5), 2, '"' + std::string(70'000, 'x') + '"'}};
  EXPECT_EQ(h.hub.receive(kA, ycpp::encode_awareness_entries(large), h.now).error().code,
            Errc::LimitExceeded);
  EXPECT_EQ(h.hub.state_of(ClientId(5)), "{}");
}

TEST(AwarenessHub, AConnectionHoldsAFewTabsAndNoMore) {
  Hub h;
  h.join(kA);
  for (std::uint64_t client = 1; client <= 100; ++client) h.say(kA, client, 1);
  EXPECT_EQ(h.hub.live_count(), 17U);
}

TEST(AwarenessHub, ManyWhoCameAndWentDoNotKeepOthersOut) {
  AwarenessHub hub({.clients = 10});
  for (std::uint64_t i = 1; i <= 50; ++i) {
    hub.join(ConnectionId(i), {});
    const std::vector<AwarenessEntry> entry{{ClientId(i), 1, "{}"}};
    const auto effects =
        hub.receive(ConnectionId(i), ycpp::encode_awareness_entries(entry), milliseconds(0));
    ASSERT_TRUE(effects);
    EXPECT_THAT(effects->changed, ElementsAre(ClientId(i)));
    hub.leave(ConnectionId(i), milliseconds(0));
  }
}

TEST(AwarenessHub, ClocksOfLongGoneClientsAreForgotten) {
  Hub h;
  h.join(kA);
  h.say(kA, 5, 9);
  h.hub.leave(kA, h.now);
  h.now = milliseconds(600'000);
  h.hub.tick(h.now);
  h.join(kB);
  EXPECT_THAT(h.say(kB, 5, 3).changed, ElementsAre(ClientId(5)));
}

// Two tabs of one browser, each with y-protocols' own rules, a connection of its own and a
// BroadcastChannel between them: each tells the server everything it hears from the other.
class Tab {
 public:
  Tab(Hub& hub, ConnectionId connection, std::uint64_t client)
      : hub_(hub), connection_(connection), awareness_(ClientId(client)) {
    awareness_.set_local_state("{}", hub.now);
  }

  void open() {
    hub_.join(connection_, "tab" + std::to_string(connection_.value()));
    open_ = true;
    tell(*awareness_.local_client());
  }

  void close() {
    open_ = false;
    hear(hub_.hub.leave(connection_, hub_.now));
  }

  void set_state(const std::string& state) {
    awareness_.set_local_state(state, hub_.now);
    publish(*awareness_.local_client());
  }

  void set_other(Tab* other) { other_ = other; }

  [[nodiscard]] std::size_t sees() const { return awareness_.clients().size(); }

  void hear_update(const Bytes& update, bool from_server) {
    const auto applied = awareness_.apply(update, hub_.now);
    ASSERT_TRUE(applied);
    std::vector<ClientId> touched = applied->change.added;
    touched.insert(touched.end(), applied->change.updated.begin(), applied->change.updated.end());
    touched.insert(touched.end(), applied->change.removed.begin(), applied->change.removed.end());
    if (touched.empty() || depth_ > 3) return;
    ++depth_;
    const Bytes relay = awareness_.encode(touched);
    tell(relay);
    if (other_ != nullptr && from_server) other_->hear_update(relay, false);
    --depth_;
  }

 private:
  void publish(ClientId client) {
    tell(client);
    if (other_ != nullptr) other_->hear_update(awareness_.encode(std::span(&client, 1)), false);
  }

  void tell(ClientId client) { tell(awareness_.encode(std::span(&client, 1))); }

  void tell(const Bytes& update) {
    if (!open_) return;
    const auto effects = hub_.hub.receive(connection_, update, hub_.now);
    ASSERT_TRUE(effects);
    hear(*effects);
  }

  void hear(const AwarenessEffects& effects) {
    if (!effects.null_to_sender.empty()) {
      hear_update(hub_.hub.encode(effects.null_to_sender), true);
    }
    if (!effects.changed.empty()) {
      const Bytes update = hub_.hub.encode(effects.changed);
      if (open_) hear_update(update, true);
      if (other_ != nullptr && other_->open_) other_->hear_update(update, true);
    }
  }

  Hub& hub_;
  ConnectionId connection_;
  ycpp::Awareness awareness_;
  Tab* other_{nullptr};
  bool open_{false};
  int depth_{0};
};

TEST(TwoTabs, EachKeepsItsOwnIdWhateverTheyTellOfEachOther) {
  Hub h;
  Tab first(h, kA, 5);
  Tab second(h, kB, 6);
  first.set_other(&second);
  second.set_other(&first);
  first.open();
  first.set_state(R"({"tab":1})");
  second.set_state(R"({"tab":2})");  // heard and relayed by the first before it connects itself
  EXPECT_EQ(h.hub.live_count(), 2U);
  second.open();
  EXPECT_TRUE(h.hub.is_owner(kA, ClientId(5)));
  EXPECT_TRUE(h.hub.is_owner(kB, ClientId(6)));
  first.set_state(R"({"tab":1,"n":2})");
  EXPECT_TRUE(h.hub.is_owner(kA, ClientId(5)));

  first.close();
  EXPECT_EQ(h.hub.state_of(ClientId(5)), std::nullopt);
  EXPECT_EQ(h.hub.state_of(ClientId(6)), R"({"tab":2})");
  first.open();
  EXPECT_TRUE(h.hub.state_of(ClientId(5)));
  second.close();
  EXPECT_EQ(h.hub.state_of(ClientId(6)), std::nullopt);
  first.close();
  EXPECT_EQ(h.hub.live_count(), 0U);
}

}  // namespace
}  // namespace runnel::collab
