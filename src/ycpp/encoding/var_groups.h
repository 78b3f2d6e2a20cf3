// The groups of seven bits that make a number on the wire, taken from several bytes at once. For
// the readers of numbers; what they may look at is theirs to know.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace ycpp {

// The `sizeof(Number)` bytes at `at`, the first of them lowest.
template <class Number>
[[nodiscard]] inline Number load_low_first(const std::uint8_t* at) noexcept {
  Number number = 0;
  std::memcpy(&number, at, sizeof number);
  if constexpr (std::endian::native == std::endian::big) number = std::byteswap(number);
  return number;
}

// The groups of up to three bytes of four that must be there: they hold most clocks. `count`
// receives how many bytes the number has, 0 if it is longer.
[[nodiscard]] inline std::uint32_t groups_of_three(const std::uint8_t* at,
                                                   unsigned& count) noexcept {
  const auto word = load_low_first<std::uint32_t>(at);
  const std::uint32_t last_bytes = ~word & 0x808080;
  if (last_bytes == 0) return count = 0;
  count = (static_cast<unsigned>(std::countr_zero(last_bytes)) / 8U) + 1U;
  const std::uint32_t groups = word & (last_bytes ^ (last_bytes - 1));
  return (groups & 0x7FU) | ((groups & 0x7F00U) >> 1U) | ((groups & 0x7F0000U) >> 2U);
}

// The groups of up to eight bytes: client ids take five, and there are two in most structs. `count`
// as above.
[[nodiscard]] inline std::uint64_t groups_of_word(std::uint64_t word, unsigned& count) noexcept {
  const std::uint64_t last_bytes = ~word & 0x8080808080808080;
  count = last_bytes == 0 ? 0 : (static_cast<unsigned>(std::countr_zero(last_bytes)) / 8U) + 1U;
  const std::uint64_t up_to_last = last_bytes ^ (last_bytes - 1);
  std::uint64_t groups = word & up_to_last & 0x7F7F7F7F7F7F7F7F;
  groups = ((groups & 0x7F007F007F007F00) >> 1U) | (groups & 0x007F007F007F007F);
  groups = ((groups & 0x3FFF00003FFF0000) >> 2U) | (groups & 0x00003FFF00003FFF);
  return ((groups & 0x0FFFFFFF00000000) >> 4U) | (groups & 0x000000000FFFFFFF);
}

// What the groups of a signed number say: the second bit of its first byte is the sign.
[[nodiscard]] constexpr std::uint64_t magnitude_of(std::uint64_t groups) noexcept {
  return ((groups >> 7U) << 6U) | (groups & 0x3FU);
}

[[nodiscard]] constexpr bool is_negative(std::uint64_t groups) noexcept {
  return (groups & 0x40U) != 0;
}

}  // namespace ycpp
