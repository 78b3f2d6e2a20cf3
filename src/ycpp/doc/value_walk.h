// How many bytes a content takes, found by walking it. Only for bytes that were checked when they
// came in: nothing here looks for an end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ycpp::walk {

// Reads a varuint and moves behind it.
inline std::uint64_t var_uint(const std::uint8_t*& at) noexcept {
  std::uint64_t value = *at & 0x7FU;
  for (unsigned shift = 7; (*at++ & 0x80U) != 0; shift += 7) {
    value |= std::uint64_t{*at & 0x7FU} << shift;
  }
  return value;
}

// Bytes of a varuint and of as many bytes as it says.
inline std::size_t var_bytes(const std::uint8_t* at) noexcept {
  const std::uint8_t* const begin = at;
  const std::uint64_t count = var_uint(at);
  return static_cast<std::size_t>(at - begin) + static_cast<std::size_t>(count);
}

// Bytes of { u8 form, varuint, bytes }.
inline std::size_t value_bytes(const std::uint8_t* at) noexcept { return 1 + var_bytes(at + 1); }

// Bytes of the first `units` UTF-16 units of well-formed WTF-8; a cut inside a pair takes the whole
// pair with it.
[[nodiscard]] std::size_t text_bytes(const std::uint8_t* at, std::uint64_t units) noexcept;

// Bytes of `count` any values.
[[nodiscard]] std::size_t any_bytes(const std::uint8_t* at, std::uint64_t count) noexcept;

// Bytes of `count` length-prefixed texts.
[[nodiscard]] std::size_t json_bytes(const std::uint8_t* at, std::uint64_t count) noexcept;

}  // namespace ycpp::walk
