// Who the client is when trusted proxies stand in front: a pure function of the TCP peer and the
// X-Forwarded-For field.
#pragma once

#include "base/result.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::net {

// A block of addresses such as 10.0.0.0/8, ::1, or a single IPv4 or IPv6 address.
class AddressBlock {
 public:
  static Result<AddressBlock> parse(std::string_view text);

  // False for text that is no address. An IPv4 address mapped into IPv6 is that IPv4 address.
  [[nodiscard]] bool contains(std::string_view address) const;

 private:
  std::array<std::uint8_t, 16> prefix_{};
  unsigned prefix_bits_{0};
};

// The rightmost address of X-Forwarded-For that is not itself a trusted proxy, as long as every hop
// to the right of it is one; `peer` when it is not trusted or the field holds no address. What an
// untrusted client writes into the field therefore never counts.
[[nodiscard]] std::string client_address(std::string_view peer, std::string_view forwarded_for,
                                         std::span<const AddressBlock> trusted_proxies);

[[nodiscard]] bool is_loopback(std::string_view address);

}  // namespace runnel::net
