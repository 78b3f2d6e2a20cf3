// The application's own token: base64url(JSON) "." base64url(HMAC-SHA256(secret, first part)). Two
// parts, not a JWT. The JSON: {sub, name, img, room, exp} with `exp` in milliseconds; for guests
// also isGuest, accessLevel and shareId. Format: docs/formats/access.md.
#pragma once

#include "runnel/auth/access_verifier.h"
#include "runnel/auth/grant.h"
#include "runnel/auth/secret.h"

#include "base/time_source.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace runnel::auth {

// Nobody means a token that lives longer; an `exp` in microseconds would.
inline constexpr std::int64_t kTokenLifetimeMaxMs = std::int64_t{366} * 24 * 3600 * 1000;

struct HmacClaims {
  Identity identity;
  std::string room;            // external name
  std::int64_t expires_ms{0};  // wall time
};

[[nodiscard]] std::string mint_hmac_token(const HmacClaims& claims, const Secret& secret);

// Allow or Deny. An `exp` in seconds is long past in milliseconds, one in microseconds too far
// ahead: both are refused.
[[nodiscard]] Verdict verify_hmac_token(std::string_view token, std::string_view room,
                                        const Secret& secret, std::int64_t now_ms);

// auth.mode = "hmac".
class HmacVerifier final : public AccessVerifier {
 public:
  HmacVerifier(Secret secret, const TimeSource& time) : secret_(std::move(secret)), time_(time) {}

  void verify(const AccessRequest& request, VerdictDone done) override;

 private:
  Secret secret_;
  const TimeSource& time_;
};

}  // namespace runnel::auth
