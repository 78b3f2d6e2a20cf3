// Text in UTF-8 that is counted in UTF-16 code units, as JavaScript does.
//
// Where JavaScript can hold half of a surrogate pair, ycpp keeps it as the three bytes that UTF-8
// would give that half ("WTF-8"), so it survives until it is written: the wire gets U+FFFD, as
// TextEncoder does. Two halves that come to stand side by side are one character again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ycpp {

// U+FFFD, what stands on the wire for half of a surrogate pair.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct TextShape {
  std::uint64_t utf16_length{0};  // UTF-16 code units
  bool ascii{true};               // then a UTF-16 offset is a byte offset
  bool valid{true};
  std::size_t error_byte{0};  // first byte that is wrong, when not valid
};

// Checks and measures in one pass. Strict: halves of pairs, over-long forms and values above
// U+10FFFF are not valid, and a byte order mark is a character.
[[nodiscard]] TextShape measure_utf8(std::string_view text) noexcept;

// UTF-16 code units of well-formed UTF-8 or WTF-8.
[[nodiscard]] std::uint64_t utf16_length(std::string_view text) noexcept;

// Where a UTF-16 offset falls in UTF-8 or WTF-8.
struct Utf16Position {
  std::size_t byte{0};  // of the character that contains the offset, or the size of the text
  bool in_pair{false};  // the offset falls between the halves of the pair at `byte`
};

// `units` at or above the length gives the end.
[[nodiscard]] Utf16Position find_utf16(std::string_view text, std::uint64_t units) noexcept;

// The part of `text` from `begin` to `end`, in UTF-16 code units, as String.prototype.slice: a pair
// that is cut leaves its half.
[[nodiscard]] std::string slice_utf16(std::string_view text, std::uint64_t begin,
                                      std::uint64_t end);

// What stands right of a cut at `offset`, as Yjs cuts the text of an item: where that falls behind
// the high half of a pair, the first unit on the right becomes U+FFFD. On the left the last unit
// does.
[[nodiscard]] std::string split_right_utf16(std::string_view text, std::uint64_t offset);

// Appends to WTF-8; halves that meet become one character.
void append_wtf8(std::string& text, std::string_view more);

// Whether WTF-8 holds half of a pair, so that it is not UTF-8.
[[nodiscard]] bool has_lone_surrogate(std::string_view text) noexcept;

// WTF-8 as the wire has it: each half of a pair becomes U+FFFD. The length in bytes stays the same.
[[nodiscard]] std::string to_well_formed(std::string_view text);

// Appends one code point, or one half of a pair in three bytes.
void append_code_point(std::string& text, std::uint32_t code_point);

}  // namespace ycpp
