// Reads the lib0 primitives from bytes of a peer. The reader keeps the first failure and the offset
// at which it was noticed; after it every read returns zero or nothing, so a caller checks ok()
// once per struct and not once per integer.
//
// Layouts: docs/formats/updates.md, section "Primitives".
#pragma once

#include "base/bytes.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/encoding/var_groups.h"
#include "ycpp/id.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ycpp {

// A signed integer as it stands on the wire. The sign is kept apart, because the column coders give
// a meaning to negative zero.
struct VarInt {
  std::uint64_t magnitude{0};
  bool negative{false};

  [[nodiscard]] std::int64_t value() const noexcept {
    const auto signed_magnitude = static_cast<std::int64_t>(magnitude);
    return negative ? -signed_magnitude : signed_magnitude;
  }
};

// Malformed: what was being read, what is wrong (null: nothing) and at which byte from `begin` on.
[[nodiscard]] Error read_error(std::string_view doing, const char* what, const std::uint8_t* begin,
                               const std::uint8_t* where);

class ByteReader {
 public:
  ByteReader() = default;

  // `base` is where offsets in errors count from, when `bytes` is a part of a larger input.
  // `*failed` is also set when this reader fails, so that who reads several columns looks at one
  // flag; it outlives the reader.
  explicit ByteReader(ByteView bytes, const std::uint8_t* base = nullptr,
                      bool* failed = nullptr) noexcept
      : pos_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        base_(base == nullptr ? bytes.data() : base),
        failed_(failed) {}

  [[nodiscard]] bool ok() const noexcept { return error_ == nullptr; }

  [[nodiscard]] bool at_end() const noexcept { return pos_ == end_; }

  [[nodiscard]] std::size_t remaining() const noexcept {
    return static_cast<std::size_t>(end_ - pos_);
  }

  // Bytes from the base to the next byte to be read.
  [[nodiscard]] std::size_t offset() const noexcept {
    return static_cast<std::size_t>(pos_ - base_);
  }

  [[nodiscard]] const std::uint8_t* position() const noexcept { return pos_; }

  // Where offsets in errors count from.
  [[nodiscard]] const std::uint8_t* base() const noexcept { return base_; }

  // What is left, without consuming it.
  [[nodiscard]] ByteView rest() const noexcept { return {pos_, remaining()}; }

  std::uint8_t u8() noexcept {
    if (pos_ == end_) [[unlikely]] {
      set_error("unexpected end of input");
      return 0;
    }
    return *pos_++;
  }

  // At most kMaxSafeInteger. Over-long encodings are accepted, as lib0 does.
  std::uint64_t var_uint() noexcept {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]] {
      return *pos_++;
    }
    if (remaining() >= sizeof(std::uint64_t)) [[likely]] {
      return var_uint_from_word();
    }
    return var_uint_near_end();
  }

  VarInt var_int() noexcept {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]] {
      const std::uint8_t byte = *pos_++;
      return {.magnitude = byte & 0x3FU, .negative = (byte & 0x40U) != 0};
    }
    if (remaining() >= sizeof(std::uint64_t)) [[likely]] {
      return var_int_from_word();
    }
    return var_int_near_end();
  }

  // Exactly `count` bytes; a view into the input.
  ByteView bytes(std::uint64_t count) noexcept {
    if (count > remaining()) [[unlikely]] {
      set_error("length runs past the end of input");
      return {};
    }
    const ByteView view{pos_, static_cast<std::size_t>(count)};
    pos_ += count;
    return view;
  }

  // A length and that many bytes; a view into the input.
  ByteView var_bytes() noexcept {
    if (pos_ != end_) [[likely]] {
      const std::size_t count = *pos_;
      if (count < 0x80 && count < remaining()) [[likely]] {
        const ByteView view{pos_ + 1, count};
        pos_ += count + 1;
        return view;
      }
    }
    return var_bytes_slow();
  }

  // A length in bytes and that much UTF-8; a view into the input. `shape` receives the length in
  // UTF-16 units. Anything but well-formed UTF-8 is a failure.
  std::string_view var_string(TextShape& shape) noexcept {
    if (remaining() >= 2 && pos_[0] == 1 && pos_[1] < 0x80) [[likely]] {
      shape = {.utf16_length = 1};
      pos_ += 2;
      return runnel::as_text({pos_ - 1, 1});
    }
    return var_string_of_any(shape);
  }

  std::string_view var_string() noexcept {
    TextShape shape;
    return var_string(shape);
  }

  float float32() noexcept;
  double float64() noexcept;
  std::int64_t big_int64() noexcept;

  // Up to eight bytes to be compared at once.
  struct Word {
    std::uint64_t bits{0};
    std::uint64_t mask{0};
    std::uint8_t length{0};  // in bytes; 0 equals nothing
  };

  // An empty one for more than eight bytes.
  [[nodiscard]] static Word make_word(ByteView bytes) noexcept {
    Word word;
    if (bytes.empty() || bytes.size() > sizeof word.bits) return word;
    std::memcpy(&word.bits, bytes.data(), bytes.size());
    std::memset(&word.mask, 0xFF, bytes.size());
    word.length = static_cast<std::uint8_t>(bytes.size());
    return word;
  }

  // Consumes the bytes of `word` if they come next. May say no near the end of the input.
  bool skip_word(const Word& word) noexcept {
    if (remaining() < sizeof(std::uint64_t) || word.length == 0) return false;
    std::uint64_t next = 0;
    std::memcpy(&next, pos_, sizeof next);
    if ((next & word.mask) != word.bits) return false;
    pos_ += word.length;
    return true;
  }

  // Keeps the first failure; `what` has static lifetime. The offset is that of the next byte.
  void set_error(const char* what) noexcept { set_error_at(what, pos_); }

  [[gnu::cold]] void set_error_at(const char* what, const std::uint8_t* where) noexcept;

  // What went wrong, or null.
  [[nodiscard]] const char* failure() const noexcept { return error_; }

  // Where it did.
  [[nodiscard]] const std::uint8_t* failed_at() const noexcept { return error_at_; }

  // What went wrong and where, once ok() is false. `doing` says what was being read.
  [[nodiscard]] Error error(std::string_view doing) const;

 private:
  std::uint64_t var_uint_from_word() noexcept {
    unsigned count = 0;
    if (const std::uint32_t few = groups_of_three(pos_, count); count != 0) [[likely]] {
      pos_ += count;
      return few;
    }
    const std::uint64_t groups = groups_of_word(load_low_first<std::uint64_t>(pos_), count);
    if (count == 0 || groups > kMaxSafeInteger) [[unlikely]] {
      return var_uint_slow();
    }
    pos_ += count;
    return groups;
  }

  VarInt var_int_from_word() noexcept {
    unsigned count = 0;
    if (const std::uint32_t few = groups_of_three(pos_, count); count != 0) [[likely]] {
      pos_ += count;
      return {.magnitude = magnitude_of(few), .negative = is_negative(few)};
    }
    const std::uint64_t groups = groups_of_word(load_low_first<std::uint64_t>(pos_), count);
    const std::uint64_t magnitude = magnitude_of(groups);
    if (count == 0 || magnitude > kMaxSafeInteger) [[unlikely]] {
      return var_int_slow();
    }
    pos_ += count;
    return {.magnitude = magnitude, .negative = is_negative(groups)};
  }

  [[nodiscard]] std::uint64_t last_word() const noexcept;
  std::uint64_t var_uint_near_end() noexcept;
  VarInt var_int_near_end() noexcept;
  std::uint64_t var_uint_slow() noexcept;
  ByteView var_bytes_slow() noexcept;
  VarInt var_int_slow() noexcept;
  std::string_view var_string_of_any(TextShape& shape) noexcept;
  std::uint64_t big_endian(std::size_t width) noexcept;

  const std::uint8_t* pos_{nullptr};
  const std::uint8_t* end_{nullptr};
  const std::uint8_t* base_{nullptr};
  const char* error_{nullptr};
  const std::uint8_t* error_at_{nullptr};
  bool* failed_{nullptr};
};

}  // namespace ycpp
