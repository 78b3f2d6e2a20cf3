// Grant: what a successful verification gave to one connection.
#pragma once

#include "base/identity.h"

#include <cstdint>

namespace runnel::auth {

struct Grant {
  Identity identity;  // with the access level

  // Wall time in ms until which the proof itself (a JWT's or HMAC token's `exp`, a backend's
  // `expiresAt`) is good for a new verification; 0: not known. A connection that is open stays open
  // and is re-checked instead.
  std::int64_t expires_ms{0};

  friend bool operator==(const Grant&, const Grant&) = default;
};

}  // namespace runnel::auth
