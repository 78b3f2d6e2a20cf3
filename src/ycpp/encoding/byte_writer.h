// Writes the lib0 primitives, each in its shortest form, as lib0 does.
//
// Layouts: docs/formats/updates.md, section "Primitives".
#pragma once

#include "ycpp/id.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace ycpp {

inline constexpr std::size_t kVarUintBytesMax = 10;

// Writes a number in groups of seven bits to where there is room for kVarUintBytesMax bytes;
// returns the end.
[[nodiscard]] inline std::uint8_t* put_var_uint(std::uint8_t* out, std::uint64_t value) noexcept {
  while (value >= 0x80) {
    *out++ = static_cast<std::uint8_t>(value | 0x80U);
    value >>= 7U;
  }
  *out++ = static_cast<std::uint8_t>(value);
  return out;
}

// The same for numbers whose lengths follow no pattern, as differences of clocks: four bytes are
// stored at once, without a branch that would be predicted wrongly. Where lengths do follow one,
// put_var_uint() is faster.
[[nodiscard]] inline std::uint8_t* put_irregular(std::uint8_t* out, std::uint64_t value) noexcept {
  constexpr std::uint64_t kFourGroups = 1U << 28U;
  if (std::endian::native != std::endian::little || value >= kFourGroups) [[unlikely]] {
    return put_var_uint(out, value);
  }
  const auto number = static_cast<std::uint32_t>(value);
  // Highest bit divided by seven, for 0 to 27.
  const unsigned more = ((static_cast<unsigned>(std::bit_width(number | 1U)) - 1U) * 37U) >> 8U;
  std::uint32_t bytes = (number & 0x00003FFFU) | ((number & 0x0FFFC000U) << 2U);
  bytes = (bytes & 0x007F007FU) | ((bytes & 0x3F803F80U) << 1U);
  bytes |= 0x00808080U & ((1U << (8 * more)) - 1);
  std::memcpy(out, &bytes, sizeof bytes);
  return out + more + 1;
}

// What put_var_uint() makes a signed number of: the sign is the second bit of the first byte. The
// sign is kept for zero too. `magnitude` is below 2^57.
[[nodiscard]] constexpr std::uint64_t signed_groups(std::uint64_t magnitude,
                                                    bool negative) noexcept {
  return ((magnitude >> 6U) << 7U) | (negative ? 0x40U : 0U) | (magnitude & 0x3FU);
}

// A growing buffer. Its memory is not cleared before it is written, which a vector would do.
class ByteWriter {
 public:
  ByteWriter() = default;
  ByteWriter(const ByteWriter&) = delete;
  ByteWriter& operator=(const ByteWriter&) = delete;

  // What was moved from is empty.
  ByteWriter(ByteWriter&& other) noexcept
      : data_(std::move(other.data_)),
        next_(std::exchange(other.next_, nullptr)),
        limit_(std::exchange(other.limit_, nullptr)) {}

  ByteWriter& operator=(ByteWriter&& other) noexcept {
    data_ = std::move(other.data_);
    next_ = std::exchange(other.next_, nullptr);
    limit_ = std::exchange(other.limit_, nullptr);
    return *this;
  }

  ~ByteWriter() = default;

  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(next_ - data_.get());
  }

  [[nodiscard]] bool empty() const noexcept { return next_ == data_.get(); }

  [[nodiscard]] ByteView view() const noexcept { return {data_.get(), size()}; }

  // The bytes written so far, as an owner that outlives the writer.
  [[nodiscard]] Bytes to_bytes() const { return {data_.get(), next_}; }

  void clear() noexcept { next_ = data_.get(); }

  // Makes room for `count` more bytes.
  void reserve(std::size_t count) {
    if (static_cast<std::size_t>(limit_ - next_) < count) grow(count);
  }

  // Room for `count` bytes to be written in place; close() says where they ended.
  [[nodiscard]] std::uint8_t* open(std::size_t count) {
    reserve(count);
    return next_;
  }

  void close(std::uint8_t* end) noexcept { next_ = end; }

  void u8(std::uint8_t byte) {
    reserve(1);
    *next_++ = byte;
  }

  void var_uint(std::uint64_t value) {
    reserve(kVarUintBytesMax);
    close(put_var_uint(next_, value));
  }

  // The sign is kept for zero too.
  void var_int(std::uint64_t magnitude, bool negative) {
    constexpr std::uint64_t kMagnitudeMax = std::uint64_t{1} << 57U;
    if (magnitude < kMagnitudeMax) [[likely]] {
      var_uint(signed_groups(magnitude, negative));
      return;
    }
    u8(static_cast<std::uint8_t>(0x80U | (negative ? 0x40U : 0U) | (magnitude & 0x3FU)));
    var_uint(magnitude >> 6U);
  }

  void bytes(ByteView view) {
    if (view.empty()) return;
    reserve(view.size());
    std::memcpy(next_, view.data(), view.size());
    next_ += view.size();
  }

  void bytes(std::string_view text) { bytes(runnel::as_bytes(text)); }

  void var_bytes(ByteView view) {
    var_uint(view.size());
    bytes(view);
  }

  // `text` is UTF-8. What may hold halves of surrogate pairs goes through to_well_formed() first.
  void var_string(std::string_view text) { var_bytes(runnel::as_bytes(text)); }

  void float32(float value);
  void float64(double value);
  void big_int64(std::int64_t value);

 private:
  void grow(std::size_t count);
  void big_endian(std::uint64_t value, std::size_t width);

  std::unique_ptr<std::uint8_t[]> data_;
  std::uint8_t* next_{nullptr};   // in data_, behind what was written
  std::uint8_t* limit_{nullptr};  // the end of data_
};

}  // namespace ycpp
