#include "runnel/backend/http_backend.h"

#include "runnel/auth/json.h"
#include "runnel/backend/testing/sample_updates.h"
#include "runnel/net/crypto.h"

#include "base/testing/manual_executor.h"
#include "base/testing/manual_time.h"
#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace runnel::backend {
namespace {

constexpr std::string_view kServerSecret = "server-secret-0123456789";
constexpr std::string_view kToken = "user-token-abcdef";

class ScriptedClient final : public net::HttpClient {
 public:
  void call(net::HttpCall sent, Executor& /*reply_to*/, Callback callback) override {
    calls.push_back(std::move(sent));
    callback(std::exchange(reply, net::HttpReply{}));
  }

  std::vector<net::HttpCall> calls;
  net::HttpReply reply;
};

net::HttpReply response(int status, std::string_view body = "", net::HttpHeaders headers = {}) {
  return {.outcome = net::HttpOutcome::Response,
          .status = status,
          .headers = std::move(headers),
          .body = to_bytes(body),
          .detail = {}};
}

net::HttpReply failure(net::HttpOutcome outcome) {
  return {.outcome = outcome, .status = 0, .headers = {}, .body = {}, .detail = "no luck"};
}

std::vector<net::HttpReply> outages() {
  std::vector<net::HttpReply> all;
  for (const int status : {100, 301, 302, 402, 405, 408, 418, 425, 429, 500, 502, 503, 504, 599}) {
    all.push_back(response(status, R"({"error":"whatever"})"));
  }
  for (const auto outcome :
       {net::HttpOutcome::Timeout, net::HttpOutcome::ConnectFailed, net::HttpOutcome::Truncated,
        net::HttpOutcome::TooLarge, net::HttpOutcome::InvalidCall, net::HttpOutcome::Cancelled}) {
    all.push_back(failure(outcome));
  }
  return all;
}

class HttpBackendTest : public testing::Test {
 protected:
  HttpBackend backend(HttpBackendOptions options = {}) {
    if (options.url.empty()) options.url = "http://app/";
    if (options.secret.empty()) options.secret = auth::Secret(std::string(kServerSecret));
    return HttpBackend({client_, loop_, random_, log_}, std::move(options));
  }

  ManualTime time_;
  ManualExecutor loop_{time_};
  SeededRandom random_{1};
  NullLog log_;
  ScriptedClient client_;
  RoomId room_{"main", "doc-ab-cd"};
};

std::string header(const net::HttpCall& call, std::string_view name) {
  return std::string(call.headers.find(name).value_or("<none>"));
}

TEST_F(HttpBackendTest, VerifySendsTheUsersTokenAndASupersetOfBothBodies) {
  client_.reply = response(200, R"({"userId":"u1","userName":"Ada"})");
  std::optional<auth::Verdict> verdict;
  backend().verify({.room = room_,
                    .token = auth::Secret(std::string(kToken)),
                    .connection_key = "pk",
                    .address = "1.2.3.4"},
                   [&](auth::Verdict answer) { verdict = std::move(answer); });
  ASSERT_EQ(client_.calls.size(), 1U);
  const net::HttpCall& call = client_.calls[0];
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, "http://app/collaboration/verify");
  EXPECT_EQ(header(call, "Authorization"), "Bearer " + std::string(kToken));
  EXPECT_EQ(as_text(call.body),
            R"({"roomId":"doc-ab-cd","resourceType":"doc","resourceId":"ab-cd"})");
  EXPECT_EQ(header(call, "X-Room-Id"), "doc-ab-cd");
  const auto* allow = std::get_if<auth::Allow>(&*verdict);
  ASSERT_NE(allow, nullptr);
  EXPECT_EQ(allow->grant.identity.user_id, "u1");
  EXPECT_EQ(allow->grant.identity.access, AccessLevel::Edit);
}

TEST_F(HttpBackendTest, TheTokenIsInTheBodyOnlyInLegacyMode) {
  for (const bool legacy : {false, true}) {
    client_.calls.clear();
    client_.reply = response(401);
    backend({.legacy_body = legacy})
        .verify({.room = room_,
                 .token = auth::Secret(std::string(kToken)),
                 .connection_key = {},
                 .address = {}},
                [](const auth::Verdict&) {});
    const bool found = as_text(client_.calls[0].body).find(kToken) != std::string_view::npos;
    EXPECT_EQ(found, legacy);
  }
}

TEST_F(HttpBackendTest, APresenceRoomIsCalledByItsExternalName) {
  client_.reply = response(401);
  backend().verify({.room = {"presence", "ws-1"},
                    .token = auth::Secret(std::string(kToken)),
                    .connection_key = {},
                    .address = {}},
                   [](const auth::Verdict&) {});
  EXPECT_EQ(as_text(client_.calls[0].body),
            R"({"roomId":"presence-ws-1","resourceType":"presence","resourceId":"ws-1"})");
}

TEST(HttpReplies, OnlyAnAnswerThatSaysNoIsANo) {
  const auto reason = [](const net::HttpReply& reply) -> std::optional<auth::DenyReason> {
    const auth::Verdict verdict = read_verify_reply(reply);
    const auto* deny = std::get_if<auth::Deny>(&verdict);
    return deny == nullptr ? std::nullopt : std::optional(deny->reason);
  };
  EXPECT_EQ(reason(response(401)), auth::DenyReason::InvalidToken);
  EXPECT_EQ(reason(response(403, R"({"error":"Room mismatch"})")), auth::DenyReason::WrongRoom);
  EXPECT_EQ(reason(response(403)), auth::DenyReason::Forbidden);
  EXPECT_EQ(reason(response(404)), auth::DenyReason::Forbidden);
  EXPECT_EQ(reason(response(400)), auth::DenyReason::Forbidden);
  for (const net::HttpReply& outage : outages()) {
    EXPECT_TRUE(std::holds_alternative<auth::Unknown>(read_verify_reply(outage))) << outage.status;
  }
  for (const char* body : {"", "{}", "[]", R"({"userName":"x"})", R"({"userId":7})", "<html>"}) {
    EXPECT_TRUE(std::holds_alternative<auth::Unknown>(read_verify_reply(response(200, body))))
        << body;
  }
}

TEST(HttpReplies, VerifyMaySayMore) {
  const auth::Verdict verdict = read_verify_reply(response(
      200,
      R"({"userId":"guest:1","userName":"G","userImage":"i","accessLevel":"view","isGuest":true,)"
      R"("shareId":"s","expiresAt":1767225900000,"future":{"x":[1]}})"));
  const auto* allow = std::get_if<auth::Allow>(&verdict);
  ASSERT_NE(allow, nullptr);
  EXPECT_EQ(allow->grant.identity.access, AccessLevel::View);
  EXPECT_TRUE(allow->grant.identity.is_guest);
  EXPECT_EQ(allow->grant.identity.share_id, "s");
  EXPECT_EQ(allow->grant.expires_ms, 1767225900000);
}

TEST(HttpReplies, OnlyHasAccessFalseRevokes) {
  Identity identity;
  identity.user_id = "u";
  identity.access = AccessLevel::Edit;
  const auto read = [&](const net::HttpReply& reply) { return read_check_reply(reply, identity); };
  EXPECT_TRUE(std::holds_alternative<auth::Deny>(read(response(200, R"({"hasAccess":false})"))));
  const auth::Verdict kept = read(response(200, R"({"hasAccess":true})"));
  EXPECT_EQ(std::get<auth::Allow>(kept).grant.identity, identity);
  const auth::Verdict lower = read(response(200, R"({"hasAccess":true,"accessLevel":"view"})"));
  EXPECT_EQ(std::get<auth::Allow>(lower).grant.identity.access, AccessLevel::View);
  for (const int status : {400, 401, 403, 404}) {
    EXPECT_TRUE(std::holds_alternative<auth::Unknown>(read(response(status)))) << status;
  }
  EXPECT_TRUE(std::holds_alternative<auth::Unknown>(read(response(200, "{}"))));
  for (const net::HttpReply& outage : outages()) {
    EXPECT_TRUE(std::holds_alternative<auth::Unknown>(read(outage)));
  }
}

TEST(HttpReplies, ALoadHasThreeOutcomesAndUnknownIsNeverEmpty) {
  EXPECT_EQ(read_load_reply(response(404)).outcome, LoadOutcome::Empty);
  EXPECT_EQ(read_load_reply(response(204)).outcome, LoadOutcome::Empty);
  const LoadReply content = read_load_reply(response(200, "bytes", {{"ETag", "\"7\""}}));
  EXPECT_EQ(content.outcome, LoadOutcome::Content);
  EXPECT_EQ(as_text(content.body), "bytes");
  EXPECT_EQ(content.etag, "\"7\"");
  for (const int status : {201, 202, 206, 400, 401, 403, 410, 413}) {
    EXPECT_EQ(read_load_reply(response(status, "x")).outcome, LoadOutcome::Unknown) << status;
  }
  for (const net::HttpReply& outage : outages()) {
    EXPECT_EQ(read_load_reply(outage).outcome, LoadOutcome::Unknown) << outage.status;
  }
}

TEST(HttpReplies, ASaveIsStoredOnlyAfterA2xx) {
  const auto status = [](const net::HttpReply& reply) { return read_save_reply(reply).status; };
  EXPECT_EQ(status(response(200)), SaveStatus::Stored);
  EXPECT_EQ(status(response(204)), SaveStatus::Stored);
  EXPECT_EQ(status(response(409)), SaveStatus::Stale);
  EXPECT_EQ(status(response(412)), SaveStatus::Stale);
  EXPECT_EQ(status(response(413)), SaveStatus::TooLarge);
  for (const int denied : {400, 401, 403}) EXPECT_EQ(status(response(denied)), SaveStatus::Denied);
  for (const net::HttpReply& outage : outages()) {
    EXPECT_EQ(status(outage), SaveStatus::Unavailable) << outage.status;
  }
  EXPECT_EQ(read_save_reply(response(503, "", {{"Retry-After", "7"}})).retry_after,
            std::chrono::seconds(7));
  EXPECT_EQ(read_save_reply(response(503, "", {{"Retry-After", "999999"}})).retry_after,
            std::chrono::seconds(300));
  EXPECT_EQ(read_save_reply(response(503, "", {{"Retry-After", "soon"}})).retry_after,
            std::chrono::seconds(0));
}

TEST_F(HttpBackendTest, ASaveCarriesTheHeadersOfTheContract) {
  client_.reply = response(200);
  const Bytes update = insert_update(1, 0, "hello");
  backend().save(
      room_,
      {.update = share(update), .state_vector = Bytes{1, 1, 5}, .version = 12, .if_match = "\"7\""},
      [](const SaveReply&) {});
  const net::HttpCall& call = client_.calls.at(0);
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, "http://app/collaboration/snapshot?roomId=doc-ab-cd");
  EXPECT_EQ(call.body, update);
  EXPECT_EQ(header(call, "Authorization"), "Bearer " + std::string(kServerSecret));
  EXPECT_EQ(header(call, "Content-Type"), "application/octet-stream");
  EXPECT_EQ(header(call, "X-Snapshot-Version"), "12");
  EXPECT_EQ(header(call, "X-Snapshot-State-Vector"), "AQEF");
  EXPECT_EQ(header(call, "X-Snapshot-Encoding"), "v1");
  EXPECT_EQ(header(call, "X-Snapshot-Digest"),
            "sha-256=" + net::base64_encode(net::sha256(update)));
  EXPECT_EQ(header(call, "If-Match"), "\"7\"");
  EXPECT_NE(header(call, "Idempotency-Key"), "<none>");
  EXPECT_NE(header(call, "X-Request-Id"), "<none>");
}

TEST_F(HttpBackendTest, IfMatchIsSentOnlyWhenAnAnswerHadAnEtagAndLongVectorsStayAtHome) {
  client_.reply = response(200);
  backend().save(
      room_,
      {.update = share(insert_update(1, 0, "x")), .state_vector = Bytes(100'000, 1), .version = 1},
      [](const SaveReply&) {});
  EXPECT_EQ(header(client_.calls.at(0), "If-Match"), "<none>");
  EXPECT_EQ(header(client_.calls.at(0), "X-Snapshot-State-Vector"), "<none>");
}

TEST_F(HttpBackendTest, SnapshotsHaveTheirOwnLimitAndLargeOnesMoreTime) {
  HttpBackend asked = backend({.timeout = Duration{3'000}, .snapshot_timeout = Duration{45'000}});
  asked.check(room_, Identity{}, [](const auth::Verdict&) {});
  asked.load(room_, [](const LoadReply&) {});
  for (const std::size_t mib : {std::size_t{0}, std::size_t{7}}) {
    SaveCall snapshot;
    snapshot.update = share(Bytes(mib * 1024 * 1024 + 1));
    asked.save(room_, std::move(snapshot), [](const SaveReply&) {});
  }
  std::vector<Duration> limits;
  for (const net::HttpCall& call : client_.calls) limits.push_back(call.timeout);
  EXPECT_EQ(limits, (std::vector<Duration>{Duration{3'000}, Duration{45'000}, Duration{45'000},
                                           Duration{52'000}}));
}

TEST_F(HttpBackendTest, RoomNamesReachTheBackendIntact) {
  client_.reply = response(404);
  backend().load({"main", "doc-a b&c=d?é/%20"}, [](const LoadReply&) {});
  const std::string& url = client_.calls.at(0).url;
  const auto value = net::query_value(net::split_target(url.substr(10)).query, "roomId");
  EXPECT_EQ(value, "doc-a b&c=d?é/%20");
}

TEST_F(HttpBackendTest, CheckAccessAsksForTheUserAndTheShareLink) {
  client_.reply = response(200, R"({"hasAccess":true})");
  Identity identity;
  identity.user_id = "guest:1";
  identity.share_id = "s&1";
  backend().check(room_, identity, [](const auth::Verdict&) {});
  EXPECT_EQ(
      client_.calls.at(0).url,
      "http://app/collaboration/check-access?roomId=doc-ab-cd&userId=guest%3A1&shareId=s%261");
}

TEST_F(HttpBackendTest, WithoutUrlOrSecretNothingIsCalledAndNobodyIsRefused) {
  HttpBackend missing({client_, loop_, random_, log_}, {});
  EXPECT_EQ(missing.missing_setting(), "backend.url is not set");
  std::optional<auth::Verdict> verdict;
  missing.verify({.room = room_,
                  .token = auth::Secret(std::string(kToken)),
                  .connection_key = {},
                  .address = {}},
                 [&](auth::Verdict answer) { verdict = std::move(answer); });
  EXPECT_TRUE(std::holds_alternative<auth::Unknown>(*verdict));
  LoadReply loaded;
  missing.load(room_, [&](LoadReply reply) { loaded = std::move(reply); });
  EXPECT_EQ(loaded.outcome, LoadOutcome::Unknown);
  EXPECT_TRUE(client_.calls.empty());
}

TEST_F(HttpBackendTest, NoReasonEverHoldsASecretOrABody) {
  for (net::HttpReply outage : outages()) {
    outage.body = to_bytes(std::string(kToken) + std::string(kServerSecret));
    const auth::Verdict verdict = read_verify_reply(outage);
    const std::string texts = std::get<auth::Unknown>(verdict).detail +
                              read_save_reply(outage).reason + read_load_reply(outage).reason;
    EXPECT_EQ(texts.find(kToken), std::string::npos);
    EXPECT_EQ(texts.find(kServerSecret), std::string::npos);
  }
}

}  // namespace
}  // namespace runnel::backend
