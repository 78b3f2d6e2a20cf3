// Writes the lib0 primitives, each in its shortest form, as lib0 does.
//
// Layouts: docs/formats/updates.md, section "Primitives".
#pragma once

#include "ycpp/id.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace ycpp {

// A growing buffer. Its memory is not cleared before it is written, which a vector would do.
class ByteWriter {
 public:
  ByteWriter() = default;
  ByteWriter(const ByteWriter&) = delete;
  ByteWriter& operator=(const ByteWriter&) = delete;

  // What was moved from is empty.
  ByteWriter(ByteWriter&& other) noexcept
      : data_(std::move(other.data_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}

  ByteWriter& operator=(ByteWriter&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  ~ByteWriter() = default;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  [[nodiscard]] ByteView view() const noexcept { return {data_.get(), size_}; }

  // The bytes written so far, as an owner that outlives the writer.
  [[nodiscard]] Bytes to_bytes() const { return {data_.get(), data_.get() + size_}; }

  void clear() noexcept { size_ = 0; }

  // Makes room for `count` more bytes.
  void reserve(std::size_t count) {
    if (capacity_ - size_ < count) grow(count);
  }

  // Room for `count` bytes to be written in place; close() says where they ended.
  [[nodiscard]] std::uint8_t* open(std::size_t count) {
    reserve(count);
    return data_.get() + size_;
  }

  void close(const std::uint8_t* end) noexcept {
    size_ = static_cast<std::size_t>(end - data_.get());
  }

  void u8(std::uint8_t byte) {
    reserve(1);
    data_[size_++] = byte;
  }

  void var_uint(std::uint64_t value) {
    reserve(kVarUintBytesMax);
    while (value >= 0x80) {
      data_[size_++] = static_cast<std::uint8_t>(value | 0x80U);
      value >>= 7U;
    }
    data_[size_++] = static_cast<std::uint8_t>(value);
  }

  // The sign is kept for zero too.
  void var_int(std::uint64_t magnitude, bool negative) {
    reserve(kVarUintBytesMax);
    const std::uint64_t sign = negative ? 0x40U : 0U;
    const std::uint64_t more = magnitude > 0x3F ? 0x80U : 0U;
    data_[size_++] = static_cast<std::uint8_t>(more | sign | (magnitude & 0x3FU));
    if (more != 0) var_uint(magnitude >> 6U);
  }

  void bytes(ByteView view) {
    if (view.empty()) return;
    reserve(view.size());
    std::memcpy(data_.get() + size_, view.data(), view.size());
    size_ += view.size();
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
  static constexpr std::size_t kVarUintBytesMax = 10;

  void grow(std::size_t count);
  void big_endian(std::uint64_t value, std::size_t width);

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_{0};
  std::size_t capacity_{0};
};

}  // namespace ycpp
