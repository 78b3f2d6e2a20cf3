#include "ycpp/encoding/byte_writer.h"

#include <algorithm>
#include <bit>

namespace ycpp {

void ByteWriter::grow(std::size_t count) {
  constexpr std::size_t kFirstCapacity = 64;
  const std::size_t written = size();
  const auto capacity = static_cast<std::size_t>(limit_ - data_.get());
  const std::size_t wanted = std::max({kFirstCapacity, capacity * 2, written + count});
  auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(wanted);
  if (written > 0) std::memcpy(larger.get(), data_.get(), written);
  data_ = std::move(larger);
  next_ = data_.get() + written;
  limit_ = data_.get() + wanted;
}

void ByteWriter::big_endian(std::uint64_t value, std::size_t width) {
  reserve(width);
  for (std::size_t i = width; i-- > 0;) {
    *next_++ = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

void ByteWriter::float32(float value) { big_endian(std::bit_cast<std::uint32_t>(value), 4); }

void ByteWriter::float64(double value) { big_endian(std::bit_cast<std::uint64_t>(value), 8); }

void ByteWriter::big_int64(std::int64_t value) { big_endian(static_cast<std::uint64_t>(value), 8); }

}  // namespace ycpp
