// A certificate of its own for tests: P-256, valid for a day.
#pragma once

#include <string>

namespace runnel::net {

struct SelfSigned {
  std::string certificate_pem;
  std::string key_pem;
};

// `name` is the subject, and an address that the certificate is good for when it is one.
[[nodiscard]] SelfSigned make_self_signed(const std::string& name);

}  // namespace runnel::net
