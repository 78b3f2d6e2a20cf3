#include "runnel/net/client_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace runnel::net {

namespace {

using Address = std::array<std::uint8_t, 16>;

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned kMappedBits = 96;

// IPv4 and IPv6 as 16 bytes, IPv4 in its mapped form.
std::optional<Address> parse_address(std::string_view text) {
  const std::string terminated(text);
  Address address{};
  if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin());
  if (inet_pton(AF_INET, terminated.c_str(), address.data() + kMappedPrefix.size()) == 1) {
    return address;
  }
  return std::nullopt;
}

bool is_mapped(const Address& address) {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin());
}

// An X-Forwarded-For element without white space, brackets and port.
std::string_view bare_address(std::string_view element) {
  while (!element.empty() && element.front() == ' ') element.remove_prefix(1);
  while (!element.empty() && element.back() == ' ') element.remove_suffix(1);
  if (element.starts_with('[')) {
    const std::size_t end = element.find(']');
    return end == std::string_view::npos ? element : element.substr(1, end - 1);
  }
  // A single colon separates a port from an IPv4 address; an IPv6 address has at least two.
  const std::size_t colon = element.find(':');
  const bool has_port = colon != std::string_view::npos && element.rfind(':') == colon;
  return has_port ? element.substr(0, colon) : element;
}

bool is_trusted(std::string_view address, std::span<const AddressBlock> trusted_proxies) {
  return std::ranges::any_of(trusted_proxies,
                             [&](const AddressBlock& block) { return block.contains(address); });
}

}  // namespace

Result<AddressBlock> AddressBlock::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<Address> address = parse_address(text.substr(0, slash));
  if (!address) {
    return fail(Errc::Invalid,
                "'" + std::string(text) + "' is no address; expected one like 10.0.0.0/8 or ::1");
  }
  const unsigned added_bits = is_mapped(*address) && !text.contains(':') ? kMappedBits : 0;
  const unsigned bits_max = 128 - added_bits;
  unsigned bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [stopped, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || stopped != digits.data() + digits.size() || bits > bits_max) {
      return fail(Errc::Invalid, "'" + std::string(text) + "' has no prefix length of 0 to " +
                                     std::to_string(bits_max) + " after the slash");
    }
  }
  AddressBlock block;
  block.prefix_ = *address;
  block.prefix_bits_ = bits + added_bits;
  return block;
}

bool AddressBlock::contains(std::string_view address) const {
  const std::optional<Address> parsed = parse_address(address);
  if (!parsed) return false;
  for (unsigned bit = 0; bit < prefix_bits_; bit += 8) {
    const unsigned left = std::min(8U, prefix_bits_ - bit);
    const auto mask = static_cast<std::uint8_t>(0xFFU << (8U - left));
    if ((((*parsed)[bit / 8] ^ prefix_[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

std::string client_address(std::string_view peer, std::string_view forwarded_for,
                           std::span<const AddressBlock> trusted_proxies) {
  std::string_view client = peer;
  std::string_view rest = forwarded_for;
  while (!rest.empty() && is_trusted(client, trusted_proxies)) {
    const std::size_t comma = rest.rfind(',');
    const std::size_t start = comma == std::string_view::npos ? 0 : comma + 1;
    const std::string_view hop = bare_address(rest.substr(start));
    if (!parse_address(hop)) break;
    client = hop;
    rest = rest.substr(0, comma == std::string_view::npos ? 0 : comma);
  }
  return std::string(client);
}

bool is_loopback(std::string_view address) {
  const std::optional<Address> parsed = parse_address(address);
  if (!parsed) return false;
  if (is_mapped(*parsed)) return (*parsed)[12] == 127;
  return std::all_of(parsed->begin(), parsed->end() - 1, [](auto byte) { return byte == 0; }) &&
         parsed->back() == 1;
}

}  // namespace runnel::net
