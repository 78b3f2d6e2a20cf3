// Whether text of a peer is UTF-8, before it becomes part of a name, a record or an answer in JSON.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace runnel {

// Validates UTF-8 (RFC 3629: no surrogates, no overlong forms) across any cut.
class Utf8Validator {
 public:
  // False as soon as the bytes so far cannot be the start of valid text.
  bool feed(ByteView bytes) noexcept;

  // Whether the text may end here.
  [[nodiscard]] bool is_complete() const noexcept { return needed_ == 0; }

 private:
  bool start_sequence(std::uint8_t first) noexcept;

  std::uint8_t needed_{0};  // continuation bytes still to come
  std::uint8_t low_{0x80};  // range of the next continuation byte
  std::uint8_t high_{0xBF};
};

// Offset of the first character that is not UTF-8; npos
// when all of it is.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text) noexcept;

}  // namespace runnel
