#include "runnel/auth/hmac_token.h"
#include "runnel/auth/json.h"
#include "runnel/auth/jwt.h"
#include "runnel/auth/key_source.h"
#include "runnel/net/crypto.h"

#include "base/testing/manual_executor.h"
#include "base/testing/manual_time.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace runnel::auth {
namespace {

constexpr std::int64_t kNow = 1'767'225'600'000;
constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";

Secret secret() { return Secret(std::string(kKey)); }

HmacClaims member_claims() {
  HmacClaims claims;
  claims.identity.user_id = "u1";
  claims.identity.user_name = "Ada";
  claims.identity.access = AccessLevel::Edit;
  claims.room = "doc-ab-cd";
  claims.expires_ms = kNow + 300'000;
  return claims;
}

// A token over any payload, signed as the application signs.
std::string signed_payload(std::string_view payload, std::string_view key = kKey) {
  const std::string first = net::base64url_encode(as_bytes(payload));
  return first + "." + net::base64url_encode(net::hmac_sha256(as_bytes(key), as_bytes(first)));
}

std::optional<DenyReason> denied(const Verdict& verdict) {
  const auto* deny = std::get_if<Deny>(&verdict);
  return deny == nullptr ? std::nullopt : std::optional(deny->reason);
}

const Grant* allowed(const Verdict& verdict) {
  const auto* allow = std::get_if<Allow>(&verdict);
  return allow == nullptr ? nullptr : &allow->grant;
}

TEST(HmacToken, AMintedTokenOpensItsRoomAndNoOther) {
  const std::string token = mint_hmac_token(member_claims(), secret());
  const Verdict verdict = verify_hmac_token(token, "doc-ab-cd", secret(), kNow);
  ASSERT_NE(allowed(verdict), nullptr);
  EXPECT_EQ(allowed(verdict)->identity.user_id, "u1");
  EXPECT_EQ(allowed(verdict)->identity.access, AccessLevel::Edit);
  EXPECT_EQ(allowed(verdict)->expires_ms, kNow + 300'000);
  EXPECT_EQ(denied(verify_hmac_token(token, "doc-ab", secret(), kNow)), DenyReason::WrongRoom);
}

TEST(HmacToken, AnExpiryThatIsOffByAThousandIsRefusedBothWays) {
  const auto with_exp = [](std::int64_t exp) {
    return signed_payload(R"({"sub":"u","name":"n","room":"doc-1","exp":)" + std::to_string(exp) +
                          "}");
  };
  const std::int64_t good = kNow + 300'000;
  EXPECT_TRUE(allowed(verify_hmac_token(with_exp(good), "doc-1", secret(), kNow)));
  EXPECT_EQ(denied(verify_hmac_token(with_exp(good / 1000), "doc-1", secret(), kNow)),
            DenyReason::InvalidToken);
  EXPECT_EQ(denied(verify_hmac_token(with_exp(good * 1000), "doc-1", secret(), kNow)),
            DenyReason::InvalidToken);
  EXPECT_EQ(denied(verify_hmac_token(with_exp(kNow), "doc-1", secret(), kNow)),
            DenyReason::InvalidToken);
}

TEST(HmacToken, EveryFlippedBitIsRefused) {
  const std::string token = mint_hmac_token(member_claims(), secret());
  for (std::size_t at = 0; at < token.size(); ++at) {
    for (const char other : {'A', 'b', '-', '.'}) {
      if (token[at] == other) continue;
      std::string forged = token;
      forged[at] = other;
      EXPECT_NE(denied(verify_hmac_token(forged, "doc-ab-cd", secret(), kNow)), std::nullopt)
          << "at " << at;
    }
  }
}

TEST(HmacToken, MalformedTokensAreRefused) {
  for (const std::string& token :
       {std::string(), std::string("."), std::string("a.b"), std::string("not a token"),
        signed_payload("[]"), signed_payload("{}"), signed_payload(R"({"sub":"u"})"),
        signed_payload(R"({"sub":"","room":"doc-1","exp":1767225900000})"),
        signed_payload(R"({"sub":"u","exp":1767225900000})"),
        signed_payload(R"({"sub":"u","room":"doc-1","exp":"1767225900000"})"),
        signed_payload(R"({"sub":"u","room":"doc-1","exp":1767225900000})", "another key")}) {
    EXPECT_EQ(denied(verify_hmac_token(token, "doc-1", secret(), kNow)), DenyReason::InvalidToken)
        << token;
  }
  EXPECT_EQ(denied(verify_hmac_token(signed_payload("{}", ""), "doc-1", Secret{}, kNow)),
            DenyReason::InvalidToken)
      << "an empty secret verifies nothing";
}

TEST(HmacToken, GuestsReadUnlessTheirTokenSaysEdit) {
  const auto level = [](std::string_view more) -> std::optional<AccessLevel> {
    const Verdict verdict =
        verify_hmac_token(signed_payload(R"({"sub":"guest:x","room":"doc-1","exp":1767225900000)" +
                                         std::string(more) + "}"),
                          "doc-1", secret(), kNow);
    const Grant* grant = allowed(verdict);
    if (grant == nullptr || !grant->identity.is_guest) return std::nullopt;
    return grant->identity.access;
  };
  EXPECT_EQ(level(""), AccessLevel::View);
  EXPECT_EQ(level(R"(,"accessLevel":"view")"), AccessLevel::View);
  EXPECT_EQ(level(R"(,"accessLevel":"join")"), AccessLevel::View);
  EXPECT_EQ(level(R"(,"accessLevel":"owner")"), AccessLevel::View);
  EXPECT_EQ(level(R"(,"accessLevel":7)"), AccessLevel::View);
  EXPECT_EQ(level(R"(,"accessLevel":"edit","isGuest":true)"), AccessLevel::Edit);
}

// --- JSON Web Tokens ---------------------------------------------------------------------------

net::SigningKey key_of(net::SignatureAlgorithm algorithm) {
  return algorithm == net::SignatureAlgorithm::Hs256 ? *net::SigningKey::from_secret(as_bytes(kKey))
                                                     : *net::SigningKey::generate(algorithm);
}

std::string jwt(const net::SigningKey& key, std::string_view claims, std::string_view kid = {},
                std::string_view alg = {}) {
  json::Object header;
  header["alg"] = std::string(alg.empty() ? net::jws_name(key.algorithm()) : alg);
  header["typ"] = "JWT";
  if (!kid.empty()) header["kid"] = std::string(kid);
  const std::string text = net::base64url_encode(as_bytes(json::to_string(header))) + "." +
                           net::base64url_encode(as_bytes(claims));
  return text + "." + net::base64url_encode(*key.sign(as_bytes(text)));
}

std::string claims_json(std::string_view more = {}) {
  return R"({"sub":"u1","name":"Ada","room":"doc-1","exp":)" + std::to_string(kNow / 1000 + 300) +
         std::string(more) + "}";
}

std::string jwks_of(const net::SigningKey& key, std::string_view kid) {
  const net::VerifyingKey::Jwk jwk = *key.jwk();
  json::Object object;
  object["kid"] = std::string(kid);
  object["use"] = "sig";
  object["kty"] = jwk.kty;
  for (const auto& [name, value] :
       {std::pair<std::string_view, const std::string*>{"crv", &jwk.crv},
        {"n", &jwk.n},
        {"e", &jwk.e},
        {"x", &jwk.x},
        {"y", &jwk.y},
        {"k", &jwk.k}}) {
    if (!value->empty()) object[boost::json::string_view(name.data(), name.size())] = *value;
  }
  return R"({"keys":[)" + json::to_string(object) + "]}";
}

Verdict judge(const std::string& token, const std::vector<JwtKey>& keys,
              const JwtOptions& options = {}, std::string_view room = "doc-1") {
  const auto parts = split_jwt(token);
  if (!parts || check_signature(*parts, keys) != KeyMatch::Verified) return Deny{};
  return judge_claims(*parts, room, options, kNow);
}

class JwtAlgorithm : public testing::TestWithParam<net::SignatureAlgorithm> {};

TEST_P(JwtAlgorithm, ATokenSignedWithAPublishedKeyIsAccepted) {
  const net::SigningKey key = key_of(GetParam());
  const auto keys = parse_jwks(jwks_of(key, "k1"));
  ASSERT_TRUE(keys && keys->size() == 1);
  const Verdict verdict = judge(jwt(key, claims_json(), "k1"), *keys);
  ASSERT_NE(allowed(verdict), nullptr);
  EXPECT_EQ(allowed(verdict)->identity.user_id, "u1");
  EXPECT_EQ(allowed(verdict)->expires_ms, kNow + 300'000);
}

TEST_P(JwtAlgorithm, AForgedPayloadIsRefused) {
  const net::SigningKey key = key_of(GetParam());
  const auto keys = parse_jwks(jwks_of(key, "k1"));
  ASSERT_TRUE(keys);
  std::string token = jwt(key, claims_json(), "k1");
  const std::size_t dot = token.find('.');
  const std::string forged = token.substr(0, dot + 1) +
                             net::base64url_encode(as_bytes(claims_json(R"(,"x":1)"))) +
                             token.substr(token.rfind('.'));
  EXPECT_EQ(denied(judge(forged, *keys)), DenyReason::InvalidToken);
}

INSTANTIATE_TEST_SUITE_P(All, JwtAlgorithm,
                         testing::Values(net::SignatureAlgorithm::Hs256,
                                         net::SignatureAlgorithm::Rs256,
                                         net::SignatureAlgorithm::Es256,
                                         net::SignatureAlgorithm::EdDsa));

class JwtClaims : public testing::Test {
 protected:
  net::SigningKey key_{key_of(net::SignatureAlgorithm::Hs256)};
  std::vector<JwtKey> keys_{{"", *net::VerifyingKey::from_secret(as_bytes(kKey))}};

  std::optional<DenyReason> refusal(std::string_view claims, const JwtOptions& options = {}) {
    return denied(judge(jwt(key_, claims), keys_, options));
  }
};

TEST_F(JwtClaims, ATokenWithoutARoomOpensNothing) {
  EXPECT_EQ(refusal(R"({"sub":"u1","exp":1767225900})"), DenyReason::InvalidToken);
  EXPECT_EQ(refusal(R"({"sub":"u1","room":"doc-2","exp":1767225900})"), DenyReason::WrongRoom);
  EXPECT_EQ(refusal(R"({"sub":"u1","room":["doc-2","doc-1"],"exp":1767225900})"), std::nullopt);
}

TEST_F(JwtClaims, TimesAreCheckedWithSkew) {
  const auto at = [](std::int64_t exp_s, std::int64_t nbf_s) {
    return R"({"sub":"u1","room":"doc-1","exp":)" + std::to_string(exp_s) + R"(,"nbf":)" +
           std::to_string(nbf_s) + "}";
  };
  const std::int64_t now = kNow / 1000;
  EXPECT_EQ(refusal(at(now - 29, now)), std::nullopt);
  EXPECT_EQ(refusal(at(now - 31, now)), DenyReason::InvalidToken);
  EXPECT_EQ(refusal(at(now + 300, now + 29)), std::nullopt);
  EXPECT_EQ(refusal(at(now + 300, now + 31)), DenyReason::InvalidToken);
  EXPECT_EQ(refusal(at(kNow + 300'000, now)), DenyReason::InvalidToken) << "exp in milliseconds";
  EXPECT_EQ(refusal(R"({"sub":"u1","room":"doc-1"})"), DenyReason::InvalidToken) << "no exp";
}

TEST_F(JwtClaims, IssuerAndAudienceAreChecked) {
  JwtOptions options;
  options.issuer = "https://issuer";
  options.audience = "runnel";
  EXPECT_EQ(refusal(claims_json(R"(,"iss":"https://issuer","aud":"runnel")"), options),
            std::nullopt);
  EXPECT_EQ(refusal(claims_json(R"(,"iss":"https://issuer","aud":["a","runnel"])"), options),
            std::nullopt);
  EXPECT_EQ(refusal(claims_json(R"(,"iss":"https://other","aud":"runnel")"), options),
            DenyReason::InvalidToken);
  EXPECT_EQ(refusal(claims_json(R"(,"iss":"https://issuer","aud":"other")"), options),
            DenyReason::InvalidToken);
  EXPECT_EQ(refusal(claims_json(R"(,"iss":"https://issuer")"), options), DenyReason::InvalidToken);
  EXPECT_EQ(refusal(claims_json(R"(,"aud":"someone else")")), DenyReason::InvalidToken)
      << "a token for an audience that we do not claim to be";
}

TEST_F(JwtClaims, ARefusalSaysWhatWasExpected) {
  const auto why = [this](std::string_view claims) {
    const Verdict verdict = judge(jwt(key_, claims), keys_, {});
    const auto* deny = std::get_if<Deny>(&verdict);
    return deny == nullptr ? std::string("none") : std::string(deny->why);
  };
  EXPECT_EQ(why(claims_json()), "none");
  EXPECT_THAT(why(claims_json(R"(,"aud":"someone else")")), testing::HasSubstr("auth.audience"));
  EXPECT_THAT(why(R"({"sub":"u1","exp":1767225900})"), testing::HasSubstr("auth.room_claim"));
  EXPECT_THAT(why(R"({"sub":"u1","room":"doc-1"})"), testing::HasSubstr("exp"));
  EXPECT_THAT(why(R"({"room":"doc-1","exp":1767225900})"), testing::HasSubstr("sub"));
}

TEST_F(JwtClaims, AlgorithmNoneAndForeignAlgorithmsAreRefused) {
  const net::SigningKey rsa = key_of(net::SignatureAlgorithm::Rs256);
  EXPECT_FALSE(split_jwt(jwt(key_, claims_json(), {}, "none")).has_value());
  EXPECT_FALSE(split_jwt(jwt(key_, claims_json(), {}, "HS512")).has_value());
  // The classic confusion: the public key of RS256 as the secret of HS256.
  const std::string pem = *rsa.public_pem();
  const net::SigningKey confused = *net::SigningKey::from_secret(as_bytes(pem));
  const std::vector<JwtKey> keys{{"", *net::VerifyingKey::from_pem(pem)}};
  EXPECT_EQ(denied(judge(jwt(confused, claims_json()), keys)), DenyReason::InvalidToken);
}

TEST(JwtKeys, RotateAtAnUnknownKeyIdAndOutagesAreNoRefusal) {
  ManualTime time;
  NullLog log;
  const net::SigningKey old_key = key_of(net::SignatureAlgorithm::EdDsa);
  const net::SigningKey new_key = key_of(net::SignatureAlgorithm::EdDsa);
  Result<std::string> published = fail(Errc::Unavailable, "down");
  int fetches = 0;
  KeySource source(
      [&](std::move_only_function<void(Result<std::string>)> done) {
        ++fetches;
        done(published);
      },
      {}, time, log);
  JwtVerifier verifier(source, {}, time);
  const auto verify = [&](const net::SigningKey& key, std::string_view kid) {
    const std::string claims =
        R"({"sub":"u1","room":"doc-1","exp":)" + std::to_string(time.wall_ms() / 1000 + 60) + "}";
    std::optional<Verdict> result;
    verifier.verify({.room = {"main", "doc-1"},
                     .token = Secret(jwt(key, claims, kid)),
                     .connection_key = {},
                     .address = {}},
                    [&](Verdict verdict) { result = std::move(verdict); });
    return *result;
  };
  EXPECT_TRUE(std::holds_alternative<Unknown>(verify(old_key, "old"))) << "no keys yet";
  time.advance(std::chrono::seconds(11));
  published = jwks_of(old_key, "old");
  EXPECT_TRUE(std::holds_alternative<Allow>(verify(old_key, "old")));
  time.advance(std::chrono::seconds(11));
  published = jwks_of(new_key, "new");
  EXPECT_TRUE(std::holds_alternative<Allow>(verify(new_key, "new")));
  EXPECT_EQ(denied(verify(old_key, "old")), DenyReason::InvalidToken) << "withdrawn";
  const auto retry = [&](const net::SigningKey& key, std::string_view kid) {
    return std::get<Deny>(verify(key, kid)).retry_after;
  };
  EXPECT_EQ(retry(old_key, "newest"), Duration(10'000)) << "it may be known after the next fetch";
  time.advance(std::chrono::seconds(4));
  EXPECT_EQ(retry(old_key, "newest"), Duration(6'000));
  EXPECT_EQ(retry(old_key, "new"), Duration(0)) << "a wrong signature stays wrong";
  const int before = fetches;
  for (int i = 0; i < 100; ++i) (void)verify(old_key, "forged" + std::to_string(i));
  EXPECT_LE(fetches, before + 1) << "forged key ids do not hammer the publisher";
  time.advance(std::chrono::seconds(11));
  published = fail(Errc::Unavailable, "down");
  EXPECT_TRUE(std::holds_alternative<Unknown>(verify(old_key, "newer")))
      << "perhaps a key that could not be fetched";
  EXPECT_TRUE(std::holds_alternative<Allow>(verify(new_key, "new"))) << "old keys stay in use";
}

TEST(Secrets, AreComparedWholeAndAnEmptyOneEqualsNothing) {
  EXPECT_TRUE(secret().equals(kKey));
  EXPECT_FALSE(secret().equals(kKey.substr(1)));
  EXPECT_FALSE(secret().equals(""));
  EXPECT_FALSE(Secret{}.equals(""));
}

}  // namespace
}  // namespace runnel::auth
