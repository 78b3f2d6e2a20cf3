#include "runnel/auth/jwt.h"

#include "runnel/auth/json.h"

#include <algorithm>
#include <optional>

namespace runnel::auth {

namespace {

std::optional<net::VerifyingKey> key_of(const json::Object& jwk) {
  const std::string use = json::text_or_empty(jwk, "use");
  if (!use.empty() && use != "sig") return std::nullopt;
  const auto key = net::VerifyingKey::from_jwk({.kty = json::text_or_empty(jwk, "kty"),
                                                .crv = json::text_or_empty(jwk, "crv"),
                                                .n = json::text_or_empty(jwk, "n"),
                                                .e = json::text_or_empty(jwk, "e"),
                                                .x = json::text_or_empty(jwk, "x"),
                                                .y = json::text_or_empty(jwk, "y"),
                                                .k = json::text_or_empty(jwk, "k")});
  if (!key) return std::nullopt;
  const std::string name = json::text_or_empty(jwk, "alg");
  if (!name.empty() && net::signature_algorithm(name) != key->algorithm()) return std::nullopt;
  return *key;
}

// NumericDate (RFC 7519, section 2) as milliseconds; none when absent or out of range.
std::optional<std::int64_t> date_ms(const json::Object& claims, std::string_view name) {
  constexpr std::int64_t kSecondsMax = std::int64_t{1} << 40U;
  const auto seconds = json::integer(claims, name);
  if (!seconds || *seconds < 0 || *seconds > kSecondsMax) return std::nullopt;
  return *seconds * 1000;
}

using Flaw = std::string_view;  // empty: none

Flaw flaw_of_times(const json::Object& claims, std::int64_t expires_ms, const JwtOptions& options,
                   std::int64_t now_ms) {
  const std::int64_t skew = options.clock_skew.count();
  if (now_ms >= expires_ms + skew) return "it has expired (exp)";
  if (expires_ms > now_ms + std::int64_t{366} * 86'400'000) {
    return "exp is more than a year away; expected seconds since 1970";
  }
  if (!claims.contains("nbf")) return {};
  const auto not_before = date_ms(claims, "nbf");
  return not_before && now_ms + skew >= *not_before ? Flaw{} : "it is not good yet (nbf)";
}

Flaw flaw_of_parties(const json::Object& claims, const JwtOptions& options) {
  if (!options.issuer.empty() && json::text(claims, "iss") != options.issuer) {
    return "iss is not auth.issuer";
  }
  // RFC 7519, 4.1.3: whoever is not among the audience must refuse.
  const std::vector<std::string> audience = json::texts(claims, "aud");
  if (options.audience.empty()) {
    return claims.contains("aud") ? "it has an audience (aud) and auth.audience is not set"
                                  : Flaw{};
  }
  return std::ranges::find(audience, options.audience) != audience.end()
             ? Flaw{}
             : "auth.audience is not among its audience (aud)";
}

Identity identity_of(const json::Object& claims, const JwtOptions& options) {
  Identity identity;
  identity.user_id = json::text_or_empty(claims, "sub");
  identity.user_name = json::text_or_empty(claims, "name");
  identity.user_image = json::text(claims, "picture").value_or(json::text_or_empty(claims, "img"));
  identity.share_id = json::text_or_empty(claims, "shareId");
  identity.is_guest = json::boolean(claims, "isGuest").value_or(false);
  identity.access = claims.contains(options.level_claim)
                        ? parse_access_level(json::text_or_empty(claims, options.level_claim))
                        : options.level_without_claim;
  return identity;
}

}  // namespace

Result<std::vector<JwtKey>> parse_jwks(std::string_view text) {
  const json::Object set = RUNNEL_TRY(json::parse_object(text, "the key set"));
  if (!set.contains("keys")) return fail(Errc::Malformed, "the key set has no member \"keys\"");
  std::vector<JwtKey> keys;
  for (const json::Object& jwk : json::objects(set, "keys")) {
    if (auto key = key_of(jwk)) keys.push_back({json::text_or_empty(jwk, "kid"), std::move(*key)});
  }
  return keys;
}

Result<JwtParts> split_jwt(std::string_view token) {
  const std::size_t first_dot = token.find('.');
  const std::size_t last_dot = token.rfind('.');
  if (first_dot == std::string_view::npos || first_dot == last_dot ||
      token.find('.', first_dot + 1) != last_dot) {
    return fail(Errc::Malformed, "a JSON Web Token has three parts");
  }
  const auto header = net::base64url_decode(token.substr(0, first_dot));
  auto payload = net::base64url_decode(token.substr(first_dot + 1, last_dot - first_dot - 1));
  auto signature = net::base64url_decode(token.substr(last_dot + 1));
  if (!header || !payload || !signature) {
    return fail(Errc::Malformed, "a part of the JSON Web Token is not base64url");
  }
  const json::Object fields =
      RUNNEL_TRY(json::parse_object(as_text(*header), "the header of the JSON Web Token"));
  const auto algorithm = net::signature_algorithm(json::text_or_empty(fields, "alg"));
  if (!algorithm) {
    return fail(Errc::Invalid,
                "the JSON Web Token's algorithm is none of HS256, RS256, ES256, EdDSA");
  }
  if (fields.contains("crit")) {
    return fail(Errc::Invalid, "the JSON Web Token needs an extension that is not known here");
  }
  return JwtParts{.key_id = json::text_or_empty(fields, "kid"),
                  .algorithm = *algorithm,
                  .signed_part = token.substr(0, last_dot),
                  .signature = std::move(*signature),
                  .payload = std::move(*payload)};
}

KeyMatch check_signature(const JwtParts& parts, const std::vector<JwtKey>& keys) {
  bool any = false;
  for (const JwtKey& key : keys) {
    // The key says which algorithm it is for; the token's word for it is only compared.
    if (key.key.algorithm() != parts.algorithm) continue;
    if (!parts.key_id.empty() && !key.id.empty() && key.id != parts.key_id) continue;
    any = true;
    if (key.key.verify(as_bytes(parts.signed_part), parts.signature)) return KeyMatch::Verified;
  }
  return any ? KeyMatch::BadSignature : KeyMatch::NoKey;
}

Verdict judge_claims(const JwtParts& parts, std::string_view room, const JwtOptions& options,
                     std::int64_t now_ms) {
  const auto invalid = [](Flaw why) {
    return Deny{.reason = DenyReason::InvalidToken, .retry_after = {}, .why = why};
  };
  const auto claims =
      json::parse_object(as_text(parts.payload), "the claims of the JSON Web Token");
  if (!claims) return invalid("its claims are no JSON object");
  const auto expires_ms = date_ms(*claims, "exp");
  if (!expires_ms) return invalid("exp is missing, or no number");
  for (const Flaw flaw :
       {flaw_of_times(*claims, *expires_ms, options, now_ms), flaw_of_parties(*claims, options)}) {
    if (!flaw.empty()) return invalid(flaw);
  }
  Grant grant{.identity = identity_of(*claims, options), .expires_ms = *expires_ms};
  if (grant.identity.user_id.empty()) return invalid("sub is missing, or no text");
  // A token without a room would open every room, which nobody asked for.
  const std::vector<std::string> rooms = json::texts(*claims, options.room_claim);
  if (rooms.empty()) return invalid("the claim that names the room (auth.room_claim) is missing");
  if (std::ranges::find(rooms, room) == rooms.end()) {
    return Deny{.reason = DenyReason::WrongRoom,
                .retry_after = {},
                .why = "the claim that names the room (auth.room_claim) names others"};
  }
  return Allow{std::move(grant)};
}

}  // namespace runnel::auth
