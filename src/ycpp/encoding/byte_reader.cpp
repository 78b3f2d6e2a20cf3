#include "ycpp/encoding/byte_reader.h"

namespace ycpp {

namespace {

// Adds the seven-bit groups that follow `value` bits already read. Over-long encodings only add
// zeros, so they cost no range and are read to their end.
struct Groups {
  std::uint64_t value{0};
  const char* error{nullptr};
  const std::uint8_t* next{nullptr};
};

Groups read_groups(const std::uint8_t* pos, const std::uint8_t* end, std::uint64_t low,
                   unsigned shift) noexcept {
  std::uint64_t value = low;
  while (pos != end) {
    const std::uint8_t byte = *pos++;
    const std::uint64_t group = byte & 0x7FU;
    if (shift < 56) {
      value |= group << shift;
    } else if (group != 0) {
      return {.value = 0, .error = "integer above 2^53 - 1", .next = pos};
    }
    shift += shift < 56 ? 7 : 0;
    if (byte < 0x80) {
      if (value > kMaxSafeInteger) {
        return {.value = 0, .error = "integer above 2^53 - 1", .next = pos};
      }
      return {.value = value, .error = nullptr, .next = pos};
    }
  }
  return {.value = 0, .error = "unexpected end of input", .next = pos};
}

}  // namespace

// What is left, one to seven bytes of it, and behind it bytes that end no number. The columns of a
// small update are that short.
std::uint64_t ByteReader::last_word() const noexcept {
  constexpr std::uint64_t kNoEnd = 0x8080808080808080;
  const std::size_t count = remaining();
  std::uint64_t word = 0;
  if (count >= sizeof(std::uint32_t)) {
    const std::size_t second = count - sizeof(std::uint32_t);
    word = load_low_first<std::uint32_t>(pos_);
    word |= std::uint64_t{load_low_first<std::uint32_t>(pos_ + second)} << (8U * second);
  } else {
    for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{pos_[i]} << (8U * i);
  }
  return word | (kNoEnd << (8U * count));
}

std::uint64_t ByteReader::var_uint_near_end() noexcept {
  if (pos_ == end_) [[unlikely]]
    return var_uint_slow();
  if (remaining() >= 2 && pos_[1] < 0x80) {
    const std::uint64_t value = (pos_[0] & 0x7FU) | (std::uint64_t{pos_[1]} << 7U);
    pos_ += 2;
    return value;
  }
  unsigned count = 0;
  if (remaining() >= sizeof(std::uint32_t)) {
    const std::uint32_t few = groups_of_three(pos_, count);
    pos_ += count;
    if (count != 0) return few;
  }
  const std::uint64_t groups = groups_of_word(last_word(), count);
  if (count == 0) [[unlikely]]
    return var_uint_slow();
  pos_ += count;
  return groups;
}

VarInt ByteReader::var_int_near_end() noexcept {
  if (pos_ == end_) [[unlikely]]
    return var_int_slow();
  unsigned count = 0;
  const std::uint64_t groups = groups_of_word(last_word(), count);
  if (count == 0) [[unlikely]]
    return var_int_slow();
  pos_ += count;
  return {.magnitude = magnitude_of(groups), .negative = is_negative(groups)};
}

std::uint64_t ByteReader::var_uint_slow() noexcept {
  const Groups groups = read_groups(pos_, end_, 0, 0);
  if (groups.error != nullptr) {
    set_error(groups.error);
    return 0;
  }
  pos_ = groups.next;
  return groups.value;
}

VarInt ByteReader::var_int_slow() noexcept {
  if (pos_ == end_) {
    set_error("unexpected end of input");
    return {};
  }
  const std::uint8_t first = *pos_;
  const Groups groups = read_groups(pos_ + 1, end_, first & 0x3FU, 6);
  if (groups.error != nullptr) {
    set_error(groups.error);
    return {};
  }
  pos_ = groups.next;
  return {.magnitude = groups.value, .negative = (first & 0x40U) != 0};
}

ByteView ByteReader::var_bytes_slow() noexcept { return bytes(var_uint()); }

std::string_view ByteReader::var_string_of_any(TextShape& shape) noexcept {
  const ByteView view = var_bytes();
  shape = measure_utf8(runnel::as_text(view));
  if (!shape.valid) [[unlikely]] {
    set_error_at("string is not UTF-8", view.data() + shape.error_byte);
    shape = {};
    return {};
  }
  return runnel::as_text(view);
}

std::uint64_t ByteReader::big_endian(std::size_t width) noexcept {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes(width)) value = (value << 8U) | byte;
  return value;
}

float ByteReader::float32() noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)));
}

double ByteReader::float64() noexcept { return std::bit_cast<double>(big_endian(8)); }

std::int64_t ByteReader::big_int64() noexcept { return static_cast<std::int64_t>(big_endian(8)); }

void ByteReader::set_error_at(const char* what, const std::uint8_t* where) noexcept {
  if (error_ != nullptr) return;
  error_ = what;
  error_at_ = where;
  pos_ = end_;
  if (failed_ != nullptr) *failed_ = true;
}

Error ByteReader::error(std::string_view doing) const {
  return read_error(doing, error_, base_, error_at_);
}

Error read_error(std::string_view doing, const char* what, const std::uint8_t* begin,
                 const std::uint8_t* where) {
  std::string detail{doing};
  detail += ": ";
  detail += what == nullptr ? "no failure" : what;
  const std::size_t byte =
      what == nullptr ? Error::kNoByte : static_cast<std::size_t>(where - begin);
  return {.code = Errc::Malformed, .detail = std::move(detail), .byte = byte};
}

}  // namespace ycpp
