#include "runnel/auth/access_service.h"

#include "runnel/storage/testing/memory_store.h"

#include "base/testing/manual_executor.h"
#include "base/testing/manual_time.h"
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace runnel::auth {
namespace {

using namespace std::chrono_literals;

RoomId doc() { return {.party = "main", .name = "doc-1"}; }

// An application whose tokens are used up when they are verified.
class OneTimeBackend final : public AccessVerifier, public AccessChecker {
 public:
  void verify(const AccessRequest& request, VerdictDone done) override {
    ++verifications;
    if (down) {
      done(Unknown{.detail = "status 500"});
      return;
    }
    const auto found = tokens.find(std::string(request.token.reveal()));
    if (found == tokens.end()) {
      done(Deny{.reason = DenyReason::InvalidToken, .retry_after = retry_after});
      return;
    }
    Grant grant;
    grant.identity.user_id = found->second;
    grant.identity.access = AccessLevel::Edit;
    tokens.erase(found);
    done(Allow{std::move(grant)});
  }

  void check(const RoomId& /*room*/, const Identity& identity, CheckDone done) override {
    ++checks;
    if (down) {
      done(Unknown{});
    } else if (revoked.contains(identity.user_id)) {
      done(Deny{.reason = DenyReason::Forbidden});
    } else {
      Grant grant{.identity = identity};
      if (viewers.contains(identity.user_id)) grant.identity.access = AccessLevel::View;
      done(Allow{std::move(grant)});
    }
  }

  std::map<std::string, std::string> tokens;  // to user ids
  std::set<std::string> revoked;
  std::set<std::string> viewers;
  Duration retry_after{0};  // of a refusal
  bool down{false};
  int verifications{0};
  int checks{0};
};

class Events final : public AccessListener {
 public:
  void identity_changed(ConnectionId connection, const Identity& identity) override {
    changed[connection] = identity;
  }

  void revoked(ConnectionId connection, std::string_view /*reason*/) override {
    gone.insert(connection);
  }

  std::map<ConnectionId, Identity> changed;
  std::set<ConnectionId> gone;
};

class AccessServiceTest : public testing::Test {
 protected:
  AccessServiceTest() { start(); }

  void start() {
    store_ = std::make_unique<storage::MemoryStore>(model_, loop_, time_);
    service_ = std::make_unique<AccessService>(AccessDeps{.executor = loop_,
                                                          .time = time_,
                                                          .random = random_,
                                                          .log = log_,
                                                          .store = *store_,
                                                          .verifier = backend_,
                                                          .checker = &backend_,
                                                          .listener = events_,
                                                          .counters = counters_},
                                               options_);
    service_->start([](const RoomId&) { return true; }, [] {});
    loop_.run_ready();
  }

  void restart() {
    service_.reset();
    store_.reset();
    start();
  }

  Admission admit(std::string_view token, std::string_view key = "pk1",
                  std::string_view address = "10.0.0.1") {
    std::optional<Admission> result;
    service_->admit({.room = doc(),
                     .token = Secret(std::string(token)),
                     .connection_key = std::string(key),
                     .address = std::string(address)},
                    [&](Admission admission) { result = std::move(admission); });
    loop_.run_ready();
    EXPECT_TRUE(result.has_value());
    return std::move(*result);
  }

  ConnectionId connect(std::string_view token, std::string_view key = "pk1") {
    const Admission admission = admit(token, key);
    EXPECT_TRUE(std::holds_alternative<Admitted>(admission));
    const ConnectionId id{++last_connection_};
    service_->connected(id, doc(), std::get<Admitted>(admission));
    return id;
  }

  static std::optional<DenyReason> denied(const Admission& admission) {
    const auto* deny = std::get_if<Deny>(&admission);
    return deny == nullptr ? std::nullopt : std::optional(deny->reason);
  }

  ManualTime time_;
  ManualExecutor loop_{time_};
  SeededRandom random_{3};
  NullLog log_;
  AccessCounters counters_;
  storage::StoreModel model_;
  OneTimeBackend backend_;
  Events events_;
  AccessOptions options_;
  std::unique_ptr<storage::MemoryStore> store_;
  std::unique_ptr<AccessService> service_;
  std::uint64_t last_connection_{0};
};

TEST_F(AccessServiceTest, AUsedTokenResumesWithinTheGraceFromTheLossOfTheConnection) {
  backend_.tokens["t"] = "ada";
  const ConnectionId id = connect("t");
  loop_.advance(3600s);
  service_->disconnected(id);
  loop_.advance(59s);
  const Admission again = admit("t");
  ASSERT_TRUE(std::holds_alternative<Admitted>(again));
  EXPECT_TRUE(std::get<Admitted>(again).resumed);
  EXPECT_EQ(std::get<Admitted>(again).grant.identity.user_id, "ada");
  EXPECT_EQ(backend_.verifications, 1);
}

TEST_F(AccessServiceTest, AfterTheGraceAUsedTokenIsRefusedOnceByTheBackendAndThenFromMemory) {
  backend_.tokens["t"] = "ada";
  service_->disconnected(connect("t"));
  loop_.advance(61s);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(denied(admit("t")), DenyReason::InvalidToken);
    loop_.advance(2500ms);
  }
  EXPECT_EQ(backend_.verifications, 2);
  EXPECT_TRUE(model_.list_records("verdict", time_.wall_ms()).empty());
}

TEST_F(AccessServiceTest, ARefusalThatMaySoonBeWrongIsRememberedNoLonger) {
  backend_.retry_after = 10s;
  EXPECT_EQ(denied(admit("t")), DenyReason::InvalidToken);
  backend_.tokens["t"] = "ada";
  loop_.advance(9s);
  EXPECT_EQ(denied(admit("t")), DenyReason::InvalidToken);
  EXPECT_EQ(backend_.verifications, 1);
  loop_.advance(2s);
  EXPECT_TRUE(std::holds_alternative<Admitted>(admit("t")));
}

TEST_F(AccessServiceTest, ARestartLocksNobodyOut) {
  backend_.tokens["t"] = "ada";
  connect("t");
  loop_.advance(10s);
  time_.advance(3600s);  // down for an hour
  restart();
  loop_.advance(30s);
  const Admission again = admit("t");
  ASSERT_TRUE(std::holds_alternative<Admitted>(again));
  EXPECT_TRUE(std::get<Admitted>(again).resumed);
  restart();
  loop_.advance(61s);
  EXPECT_EQ(denied(admit("t")), DenyReason::InvalidToken);
}

TEST_F(AccessServiceTest, AnotherConnectionIdOrRoomDoesNotResume) {
  backend_.tokens["t"] = "ada";
  connect("t", "pk1");
  EXPECT_EQ(denied(admit("t", "pk2")), DenyReason::InvalidToken);
}

TEST_F(AccessServiceTest, AnOutageIsNeverARefusal) {
  backend_.down = true;
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE(std::holds_alternative<Unknown>(admit("t" + std::to_string(i))));
  }
  backend_.down = false;
  backend_.tokens["t1"] = "ada";
  EXPECT_TRUE(std::holds_alternative<Admitted>(admit("t1")));
}

TEST_F(AccessServiceTest, WhoIsConnectedResumesDuringAnOutage) {
  backend_.tokens["t"] = "ada";
  service_->disconnected(connect("t"));
  backend_.down = true;
  EXPECT_TRUE(std::holds_alternative<Admitted>(admit("t")));
}

TEST_F(AccessServiceTest, AThousandRefusedClientsCostBoundedQuestions) {
  for (int second = 0; second < 60; ++second) {
    for (int client = 0; client < 1000; ++client) {
      const Admission admission = admit("bad" + std::to_string(client));
      EXPECT_TRUE(std::holds_alternative<Deny>(admission));
    }
    loop_.advance(1s);
  }
  EXPECT_LE(backend_.verifications, 200 + 10 * 61);
  // Somebody else is not kept out by them.
  backend_.tokens["good"] = "ada";
  EXPECT_TRUE(std::holds_alternative<Admitted>(admit("good", "pk9", "10.0.0.2")));
}

TEST_F(AccessServiceTest, OneQuestionPerUserAndRoomHoweverManyTabs) {
  for (int tab = 0; tab < 5; ++tab) {
    const std::string token = "t" + std::to_string(tab);
    backend_.tokens[token] = "ada";
    connect(token, "pk" + std::to_string(tab));
  }
  loop_.advance(31s);
  EXPECT_EQ(backend_.checks, 1);
  loop_.advance(300s);
  EXPECT_GE(backend_.checks, 10);
  EXPECT_LE(backend_.checks, 13);
}

TEST_F(AccessServiceTest, ARevokedUserIsOutWithinTheIntervalAndStaysOut) {
  backend_.tokens["t"] = "ada";
  const ConnectionId id = connect("t");
  backend_.revoked.insert("ada");
  loop_.advance(30s);
  EXPECT_TRUE(events_.gone.contains(id));
  service_->disconnected(id);
  EXPECT_EQ(denied(admit("t")), DenyReason::Forbidden) << "the same URL does not come back";
}

TEST_F(AccessServiceTest, ADowngradeReachesTheConnectionAndItsVerdict) {
  backend_.tokens["t"] = "ada";
  const ConnectionId id = connect("t");
  backend_.viewers.insert("ada");
  EXPECT_EQ(service_->recheck(doc()), 1U);
  loop_.advance(1ms);
  ASSERT_TRUE(events_.changed.contains(id));
  EXPECT_EQ(events_.changed[id].access, AccessLevel::View);
  service_->disconnected(id);
  const Admission again = admit("t");
  EXPECT_EQ(std::get<Admitted>(again).grant.identity.access, AccessLevel::View);
  EXPECT_TRUE(events_.gone.empty());
}

TEST_F(AccessServiceTest, AFailingReCheckLeavesThemInOrPutsThemOutAsConfigured) {
  backend_.tokens["t"] = "ada";
  backend_.tokens["u"] = "bob";
  const ConnectionId open = connect("t");
  backend_.down = true;
  loop_.advance(120s);
  EXPECT_FALSE(events_.gone.contains(open));
  options_.fail_open = false;
  backend_.down = false;
  restart();
  const ConnectionId closed = connect("u", "pk2");
  backend_.down = true;
  loop_.advance(31s);
  EXPECT_TRUE(events_.gone.contains(closed));
}

TEST_F(AccessServiceTest, ARefreshRenewsTheVerdictAndNeverChangesTheUser) {
  backend_.tokens["t"] = "ada";
  backend_.tokens["next"] = "ada";
  backend_.tokens["other"] = "bob";
  const ConnectionId id = connect("t");
  std::optional<Verdict> result;
  const auto refresh = [&](std::string_view token) {
    service_->refresh(id, Secret(std::string(token)),
                      [&](Verdict verdict) { result = std::move(verdict); });
    loop_.advance(2s);
  };
  refresh("next");
  EXPECT_TRUE(std::holds_alternative<Allow>(*result));
  refresh("other");
  EXPECT_TRUE(std::holds_alternative<Deny>(*result));
  service_->disconnected(id);
  loop_.advance(30s);
  EXPECT_TRUE(std::holds_alternative<Admitted>(admit("t"))) << "the URL it dialled with";
  EXPECT_TRUE(std::holds_alternative<Admitted>(admit("next"))) << "and the token it has now";
}

TEST_F(AccessServiceTest, NoTokenIsRefusedWithoutBeingRemembered) {
  EXPECT_EQ(denied(admit("")), DenyReason::InvalidToken) << "by this verifier";
  EXPECT_EQ(backend_.verifications, 1);
}

TEST_F(AccessServiceTest, TheStoredVerdictHoldsNoToken) {
  backend_.tokens["very-secret-token"] = "ada";
  connect("very-secret-token");
  const auto records = model_.list_records("verdict", time_.wall_ms());
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(as_text(records[0].value).find("very-secret-token"), std::string_view::npos);
  EXPECT_EQ(records[0].key.find("very-secret-token"), std::string::npos);
}

TEST_F(AccessServiceTest, RefusalsInFrameModeAreHeldBackLongerAndLongerUpToABound) {
  EXPECT_EQ(service_->refusal_delay("a"), 100ms);
  EXPECT_EQ(service_->refusal_delay("a"), 200ms);
  for (int i = 0; i < 20; ++i) (void)service_->refusal_delay("a");
  EXPECT_EQ(service_->refusal_delay("a"), 10s);
  EXPECT_EQ(service_->refusal_delay("b"), 100ms);
  loop_.advance(60s);
  EXPECT_EQ(service_->refusal_delay("a"), 100ms);
}

}  // namespace
}  // namespace runnel::auth
