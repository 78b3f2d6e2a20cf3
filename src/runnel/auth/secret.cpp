#include "runnel/auth/secret.h"

#include "runnel/net/crypto.h"

namespace runnel::auth {

bool Secret::equals(std::string_view presented) const {
  if (text_.empty()) return false;
  // Digests have one length, so not even the length of the secret shows in the time.
  const net::Digest own = net::sha256(as_bytes(text_));
  const net::Digest other = net::sha256(as_bytes(presented));
  return net::equal_constant_time(own, other);
}

}  // namespace runnel::auth
