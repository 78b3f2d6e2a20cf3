#include "ycpp/encoding/utf.h"

#include <algorithm>
#include <cstring>

namespace ycpp {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) noexcept {
  return static_cast<std::uint8_t>(text[index]);
}

bool is_continuation(std::uint8_t byte) noexcept { return (byte & 0xC0U) == 0x80U; }

// Bytes from `from` on that are below 0x80.
std::size_t ascii_run(std::string_view text, std::size_t from) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t index = from;
  while (text.size() - index >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + index, sizeof word);
    if ((word & kHighBits) != 0) break;
    index += sizeof word;
  }
  while (index < text.size() && byte_at(text, index) < 0x80) ++index;
  return index - from;
}

// Bytes of the character that a lead byte of well-formed text announces.
std::size_t sequence_length(std::uint8_t lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

// Length of the valid sequence of two to four bytes at `index`, or zero. The bounds of the second
// byte exclude over-long forms, halves of pairs and values above U+10FFFF (Unicode, table 3-7).
std::size_t valid_sequence(std::string_view text, std::size_t index) noexcept {
  const std::uint8_t lead = byte_at(text, index);
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = sequence_length(lead);
  if (text.size() - index < length) return 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  const std::uint8_t second = byte_at(text, index + 1);
  if (second < low || second > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(byte_at(text, index + i))) return 0;
  }
  return length;
}

// Whether the three bytes at `index` are one half of a pair: ED A0..AF is a high half, ED B0..BF a
// low one.
bool is_half(std::string_view text, std::size_t index, std::uint8_t first, std::uint8_t last) {
  return text.size() - index >= 3 && byte_at(text, index) == 0xED &&
         byte_at(text, index + 1) >= first && byte_at(text, index + 1) <= last;
}

std::uint32_t decode_three(std::string_view text, std::size_t index) noexcept {
  return ((byte_at(text, index) & 0x0FU) << 12U) | ((byte_at(text, index + 1) & 0x3FU) << 6U) |
         (byte_at(text, index + 2) & 0x3FU);
}

std::uint32_t decode_four(std::string_view text, std::size_t index) noexcept {
  return ((byte_at(text, index) & 0x07U) << 18U) | ((byte_at(text, index + 1) & 0x3FU) << 12U) |
         ((byte_at(text, index + 2) & 0x3FU) << 6U) | (byte_at(text, index + 3) & 0x3FU);
}

std::uint32_t high_half(std::uint32_t code_point) noexcept {
  return 0xD800U + ((code_point - 0x10000U) >> 10U);
}

std::uint32_t low_half(std::uint32_t code_point) noexcept {
  return 0xDC00U + ((code_point - 0x10000U) & 0x3FFU);
}

}  // namespace

TextShape measure_utf8(std::string_view text) noexcept {
  TextShape shape;
  std::size_t index = ascii_run(text, 0);
  shape.utf16_length = index;
  if (index == text.size()) return shape;
  shape.ascii = false;
  while (index < text.size()) {
    if (byte_at(text, index) < 0x80) {
      const std::size_t run = ascii_run(text, index);
      shape.utf16_length += run;
      index += run;
      continue;
    }
    const std::size_t length = valid_sequence(text, index);
    if (length == 0) {
      shape.valid = false;
      shape.error_byte = index;
      return shape;
    }
    shape.utf16_length += length == 4 ? 2 : 1;
    index += length;
  }
  return shape;
}

std::uint64_t utf16_length(std::string_view text) noexcept {
  std::uint64_t units = 0;
  for (const char character : text) {
    const auto byte = static_cast<std::uint8_t>(character);
    units += (is_continuation(byte) ? 0U : 1U) + (byte >= 0xF0 ? 1U : 0U);
  }
  return units;
}

Utf16Position find_utf16(std::string_view text, std::uint64_t units) noexcept {
  std::size_t index = 0;
  while (units > 0 && index < text.size()) {
    const std::uint8_t lead = byte_at(text, index);
    if (lead < 0x80) {
      const std::size_t run = ascii_run(text, index);
      const std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(run, units));
      index += step;
      units -= step;
      continue;
    }
    if (lead >= 0xF0) {
      if (units == 1) return {.byte = index, .in_pair = true};
      --units;
    }
    --units;
    index += sequence_length(lead);
  }
  return {.byte = std::min(index, text.size()), .in_pair = false};
}

std::string slice_utf16(std::string_view text, std::uint64_t begin, std::uint64_t end) {
  std::string part;
  const Utf16Position first = find_utf16(text, begin);
  if (end <= begin) return part;
  std::size_t from = first.byte;
  if (first.in_pair) {
    append_code_point(part, low_half(decode_four(text, from)));
    from += 4;
    ++begin;
  }
  const std::string_view tail = text.substr(from);
  const Utf16Position last = find_utf16(tail, end - begin);
  part += tail.substr(0, last.byte);
  if (last.in_pair) append_code_point(part, high_half(decode_four(tail, last.byte)));
  return part;
}

std::string split_right_utf16(std::string_view text, std::uint64_t offset) {
  const std::string left_unit = slice_utf16(text, offset - 1, offset);
  const bool behind_high = left_unit.size() == 3 && is_half(left_unit, 0, 0xA0, 0xAF);
  if (!behind_high) return slice_utf16(text, offset, text.size());
  return std::string(kReplacement) + slice_utf16(text, offset + 1, text.size());
}

void append_wtf8(std::string& text, std::string_view more) {
  const bool joins = text.size() >= 3 && is_half(text, text.size() - 3, 0xA0, 0xAF) &&
                     !more.empty() && is_half(more, 0, 0xB0, 0xBF);
  if (!joins) {
    text += more;
    return;
  }
  const std::uint32_t high = decode_three(text, text.size() - 3) - 0xD800U;
  const std::uint32_t low = decode_three(more, 0) - 0xDC00U;
  text.resize(text.size() - 3);
  append_code_point(text, 0x10000U + (high << 10U) + low);
  text += more.substr(3);
}

bool has_lone_surrogate(std::string_view text) noexcept {
  for (std::size_t index = text.find('\xED'); index != std::string_view::npos;
       index = text.find('\xED', index + 1)) {
    if (is_half(text, index, 0xA0, 0xBF)) return true;
  }
  return false;
}

std::string to_well_formed(std::string_view text) {
  std::string out{text};
  for (std::size_t index = out.find('\xED'); index != std::string::npos;
       index = out.find('\xED', index + 1)) {
    if (is_half(out, index, 0xA0, 0xBF)) out.replace(index, 3, kReplacement);
  }
  return out;
}

void append_code_point(std::string& text, std::uint32_t code_point) {
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0U | (code_point >> 6U));
    put(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    put(0xE0U | (code_point >> 12U));
    put(0x80U | ((code_point >> 6U) & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  } else {
    put(0xF0U | (code_point >> 18U));
    put(0x80U | ((code_point >> 12U) & 0x3FU));
    put(0x80U | ((code_point >> 6U) & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  }
}

}  // namespace ycpp
