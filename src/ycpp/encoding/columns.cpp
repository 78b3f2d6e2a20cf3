#include "ycpp/encoding/columns.h"

#include "ycpp/encoding/utf.h"

#include <limits>
#include <utility>

namespace ycpp {

void ColumnSource::set_error(const void* column, const char* what,
                             const std::uint8_t* where) noexcept {
  failed_ = true;
  if (column_ != nullptr) return;
  column_ = column;
  what_ = what;
  where_ = where;
}

Error ColumnSource::error(std::string_view doing) const {
  return read_error(doing, what_, begin_, where_);
}

void RunReader::set_error(const char* what) noexcept {
  source_->set_error(this, what, pos_);
  pos_ = end_;
}

[[gnu::always_inline]] inline VarInt RunReader::next_int() noexcept {
  if (pos_ != end_ && *pos_ < 0x80) {
    const std::uint8_t byte = *pos_++;
    return {.magnitude = magnitude_of(byte), .negative = is_negative(byte)};
  }
  if (static_cast<std::size_t>(source_->end() - pos_) >= sizeof(std::uint64_t)) [[likely]] {
    unsigned count = 0;
    std::uint64_t groups = groups_of_three(pos_, count);
    if (count == 0) groups = groups_of_word(load_low_first<std::uint64_t>(pos_), count);
    const std::uint8_t* const next = pos_ + count;
    const std::uint64_t magnitude = magnitude_of(groups);
    // The bytes looked at may be those of the next column.
    if (count != 0 && next <= end_ && magnitude <= kMaxSafeInteger) [[likely]] {
      pos_ = next;
      return {.magnitude = magnitude, .negative = is_negative(groups)};
    }
  }
  return next_int_slow();
}

std::uint64_t RunReader::next_uint_slow() noexcept {
  ByteReader reader{ByteView{pos_, end_}};
  const std::uint64_t value = reader.var_uint();
  go_on_behind(reader);
  return value;
}

VarInt RunReader::next_int_slow() noexcept {
  ByteReader reader{ByteView{pos_, end_}};
  const VarInt value = reader.var_int();
  go_on_behind(reader);
  return value;
}

void RunReader::go_on_behind(const ByteReader& reader) noexcept {
  if (reader.ok()) {
    pos_ = reader.position();
  } else {
    pos_ = reader.failed_at();
    set_error(reader.failure());
  }
}

void UintOptRleReader::read_run() noexcept {
  const VarInt number = next_int();
  value_ = number.magnitude;
  count_ = number.negative ? next_uint() + 2 : 1;
}

void IntDiffOptRleReader::read_run() noexcept {
  const std::int64_t number = next_int().value();
  // Halving rounds down, also below zero: the lowest bit says whether a count follows.
  difference_ = number >> 1;
  count_ = (number & 1) != 0 ? next_uint() + 2 : 1;
}

void RleByteReader::read_run() noexcept {
  value_ = next_byte();
  count_ = at_end() ? std::numeric_limits<std::uint64_t>::max() : next_uint() + 1;
}

std::string_view StringReader::read_blob(ByteView& column, ColumnSource& source) noexcept {
  ByteReader reader{column};
  TextShape shape;
  const std::string_view blob = reader.var_string(shape);
  column = reader.rest();
  ascii_ = shape.ascii;
  if (!reader.ok()) [[unlikely]]
    source.set_error(this, reader.failure(), reader.failed_at());
  return blob;
}

ColumnText StringReader::read_otherwise(std::uint64_t length) {
  if (!ascii_) return read_wide(length);
  lengths_.set_error("string runs past the end of its column");
  return {};
}

ColumnText StringReader::read_wide(std::uint64_t length) {
  const std::string_view tail = blob_.substr(position_);
  const bool starts_in_pair = in_pair_;
  const Utf16Position end = find_utf16(tail, length + (starts_in_pair ? 1 : 0));
  const std::string_view whole = tail.substr(0, end.byte);
  // Only at the end of the blob can the walk fall short of the length.
  if (end.byte == tail.size() && utf16_length(whole) != length + (starts_in_pair ? 1 : 0))
      [[unlikely]] {
    lengths_.set_error("string runs past the end of its column");
    return {};
  }
  position_ += end.byte;
  in_pair_ = end.in_pair;
  if (!starts_in_pair && !end.in_pair) {
    return {.text = whole, .utf16_length = length, .ascii = whole.size() == length};
  }
  const std::uint64_t from = starts_in_pair ? 1 : 0;
  cut_.push_back(slice_utf16(tail, from, from + length));
  return {.text = cut_.back(), .utf16_length = length, .ascii = false};
}

void RleByteWriter::write_first_or_long(std::uint8_t value) {
  if (count_ > 0 && value == value_) {
    ++count_;
    return;
  }
  if (count_ > 0) out_.var_uint(count_ - 1);
  out_.u8(value);
  value_ = value;
  count_ = 1;
}

void StringWriter::write(std::string_view text, std::uint64_t utf16_length) {
  if (utf16_length != text.size() && has_lone_surrogate(text)) {
    may_have_halves_ = true;
    append_wtf8(blob_, text);
  } else {
    blob_ += text;
  }
  lengths_.write(utf16_length);
}

StringWriter::Parts StringWriter::finish() {
  if (may_have_halves_) blob_ = to_well_formed(blob_);
  return {.blob = blob_, .lengths = lengths_.finish()};
}

}  // namespace ycpp
