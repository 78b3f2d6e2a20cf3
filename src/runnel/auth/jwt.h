// JSON Web Tokens (RFC 7519) as compact JWS with HS256, RS256, ES256 or EdDSA. Pure: keys and time
// come in. What a token says is believed only after its signature, its times, its audience, its
// issuer and its room were all checked.
#pragma once

#include "runnel/auth/access_verifier.h"
#include "runnel/net/crypto.h"

#include "base/executor.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::auth {

struct JwtOptions {
  std::string issuer;                      // empty: not looked at
  std::string audience;                    // empty: a token must then not need one either
  std::string room_claim{"room"};          // string or array of strings; required
  std::string level_claim{"accessLevel"};  // "edit", "view", "comment"
  AccessLevel level_without_claim{AccessLevel::Edit};
  Duration clock_skew{std::chrono::seconds{30}};  // on exp and nbf
};

// One key of a set; `id` is the `kid` that tokens name it by, or empty.
struct JwtKey {
  std::string id;
  net::VerifyingKey key;
};

// Keys as JSON (RFC 7517, section 5). Keys that are not for signatures, or of a kind that Runnel
// does not know, are left out; an error if the text is no key set.
[[nodiscard]] Result<std::vector<JwtKey>> parse_jwks(std::string_view text);

// A token taken apart. The views point into the token.
struct JwtParts {
  std::string key_id;  // `kid`, may be empty
  net::SignatureAlgorithm algorithm{net::SignatureAlgorithm::Hs256};
  std::string_view signed_part;
  Bytes signature;
  Bytes payload;
};

// Refuses what is not three parts, has an algorithm that is not accepted ("none" among them), or
// names critical extensions (RFC 7515, 4.1.11).
[[nodiscard]] Result<JwtParts> split_jwt(std::string_view token);

enum class KeyMatch : std::uint8_t {
  Verified,
  BadSignature,
  NoKey,  // none of these keys can be meant: perhaps a new one was published
};

[[nodiscard]] KeyMatch check_signature(const JwtParts& parts, const std::vector<JwtKey>& keys);

// The claims of a token whose signature was verified: Allow or Deny. `room` is the external name.
[[nodiscard]] Verdict judge_claims(const JwtParts& parts, std::string_view room,
                                   const JwtOptions& options, std::int64_t now_ms);

}  // namespace runnel::auth
