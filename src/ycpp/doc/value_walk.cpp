#include "ycpp/doc/value_walk.h"

namespace ycpp::walk {

namespace {

namespace tag {
constexpr std::uint8_t kBytes = 116;
constexpr std::uint8_t kArray = 117;
constexpr std::uint8_t kObject = 118;
constexpr std::uint8_t kString = 119;
constexpr std::uint8_t kBigInt = 122;
constexpr std::uint8_t kFloat64 = 123;
constexpr std::uint8_t kFloat32 = 124;
constexpr std::uint8_t kInteger = 125;
}  // namespace tag

// The depth of values was bounded when they came in (kAnyDepthMax), so recursion is too.
const std::uint8_t* skip_any(const std::uint8_t* at) noexcept {  // NOLINT(misc-no-recursion)
  switch (*at++) {
    case tag::kInteger:
      while ((*at++ & 0x80U) != 0) {
      }
      return at;
    case tag::kFloat32:
      return at + sizeof(float);
    case tag::kFloat64:
    case tag::kBigInt:
      return at + sizeof(double);
    case tag::kString:
    case tag::kBytes:
      return at + var_bytes(at);
    case tag::kArray: {
      const std::uint64_t count = var_uint(at);
      for (std::uint64_t i = 0; i < count; ++i) at = skip_any(at);
      return at;
    }
    case tag::kObject: {
      const std::uint64_t count = var_uint(at);
      for (std::uint64_t i = 0; i < count; ++i) at = skip_any(at + var_bytes(at));
      return at;
    }
    default:
      return at;
  }
}

// UTF-16 units of eight bytes: one for each byte that starts a character, two for four-byte ones.
std::uint64_t units_of_word(std::uint64_t word) noexcept {
  constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
  const std::uint64_t high = word & kHigh;
  const std::uint64_t continuation = high & ~((word << 1U) & kHigh);
  const std::uint64_t lead4 = high & (word << 1U) & (word << 2U) & (word << 3U) & kHigh;
  return 8 - static_cast<std::uint64_t>(std::popcount(continuation)) +
         static_cast<std::uint64_t>(std::popcount(lead4));
}

}  // namespace

std::size_t text_bytes(const std::uint8_t* at, std::uint64_t units) noexcept {
  const std::uint8_t* const begin = at;
  // A word is at most nine units: seven of ASCII and the first byte of a pair.
  while (units > 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    units -= units_of_word(word);
    at += sizeof(word);
  }
  constexpr std::size_t kPairTail = 3;
  if (units == 0 && at != begin) return static_cast<std::size_t>(at - begin) + kPairTail;
  // The last word may have stopped inside a character whose units are counted already.
  while (units > 0 && at != begin && (*at & 0xC0U) == 0x80) ++at;
  while (units > 0) {
    constexpr std::uint8_t kLead2 = 0xC0;
    constexpr std::uint8_t kLead3 = 0xE0;
    constexpr std::uint8_t kLead4 = 0xF0;
    const std::uint8_t lead = *at;
    if (lead < kLead2) {
      at += 1;
    } else if (lead < kLead3) {
      at += 2;
    } else {
      at += lead < kLead4 ? 3 : 4;
    }
    const std::uint64_t taken = lead < kLead4 ? 1 : 2;
    units -= units < taken ? units : taken;
  }
  return static_cast<std::size_t>(at - begin);
}

std::size_t any_bytes(const std::uint8_t* at, std::uint64_t count) noexcept {
  const std::uint8_t* const begin = at;
  for (std::uint64_t i = 0; i < count; ++i) at = skip_any(at);
  return static_cast<std::size_t>(at - begin);
}

std::size_t json_bytes(const std::uint8_t* at, std::uint64_t count) noexcept {
  const std::uint8_t* const begin = at;
  for (std::uint64_t i = 0; i < count; ++i) at += var_bytes(at);
  return static_cast<std::size_t>(at - begin);
}

}  // namespace ycpp::walk
