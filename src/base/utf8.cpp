// Well-formed UTF-8 byte sequences as in table 3-7 of the Unicode Standard: the first byte fixes
// how many follow and the range of the second; every later byte is 80..BF.
#include "base/utf8.h"

#include <cstring>

namespace runnel {

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

// Length of the run of ASCII at the front, found eight bytes at a time.
std::size_t ascii_prefix(ByteView bytes) noexcept {
  std::size_t at = 0;
  while (at + 8 <= bytes.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    if ((word & kHighBits) != 0) break;
    at += 8;
  }
  while (at < bytes.size() && bytes[at] < 0x80) ++at;
  return at;
}

}  // namespace

bool Utf8Validator::start_sequence(std::uint8_t first) noexcept {
  low_ = 0x80;
  high_ = 0xBF;
  if (first < 0xC2 || first > 0xF4) return false;
  if (first < 0xE0) {
    needed_ = 1;
  } else if (first < 0xF0) {
    needed_ = 2;
    if (first == 0xE0) low_ = 0xA0;   // shorter forms exist below
    if (first == 0xED) high_ = 0x9F;  // surrogates above
  } else {
    needed_ = 3;
    if (first == 0xF0) low_ = 0x90;
    if (first == 0xF4) high_ = 0x8F;  // U+10FFFF is the last
  }
  return true;
}

bool Utf8Validator::feed(ByteView bytes) noexcept {
  while (!bytes.empty()) {
    if (needed_ == 0) {
      bytes = bytes.subspan(ascii_prefix(bytes));
      if (bytes.empty()) return true;
      if (!start_sequence(bytes.front())) return false;
    } else {
      if (bytes.front() < low_ || bytes.front() > high_) return false;
      low_ = 0x80;
      high_ = 0xBF;
      --needed_;
    }
    bytes = bytes.subspan(1);
  }
  return true;
}

std::size_t find_invalid_utf8(std::string_view text) noexcept {
  Utf8Validator validator;
  std::size_t character = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (validator.is_complete()) character = at;
    if (!validator.feed(as_bytes(text.substr(at, 1)))) return character;
  }
  return validator.is_complete() ? std::string_view::npos : character;
}

}  // namespace runnel
