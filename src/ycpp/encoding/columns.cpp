#include "ycpp/encoding/columns.h"

#include "ycpp/encoding/utf.h"

#include <limits>

namespace ycpp {

namespace {

std::string_view read_blob(ByteReader& in, bool& ascii) noexcept {
  TextShape shape;
  const std::string_view blob = in.var_string(shape);
  ascii = shape.ascii;
  return blob;
}

}  // namespace

void UintOptRleReader::read_run() noexcept {
  const VarInt number = in_.var_int();
  value_ = number.magnitude;
  count_ = number.negative ? in_.var_uint() + 2 : 1;
}

void IntDiffOptRleReader::read_run() noexcept {
  const std::int64_t number = in_.var_int().value();
  // Halving rounds down, also below zero: the lowest bit says whether a count follows.
  difference_ = number >> 1;
  count_ = (number & 1) != 0 ? in_.var_uint() + 2 : 1;
}

void RleByteReader::read_run() noexcept {
  value_ = in_.u8();
  count_ = in_.at_end() ? std::numeric_limits<std::uint64_t>::max() : in_.var_uint() + 1;
}

StringReader::StringReader(ByteView column, const std::uint8_t* base, bool* failed) noexcept
    : blob_reader_(column, base, failed),
      blob_(read_blob(blob_reader_, ascii_)),
      lengths_(blob_reader_.rest(), base == nullptr ? column.data() : base, failed) {}

ColumnText StringReader::read() {
  const std::uint64_t length = lengths_.read();
  if (!ascii_) return read_wide(length);
  if (length > blob_.size() - position_) [[unlikely]] {
    lengths_.in().set_error("string runs past the end of its column");
    return {};
  }
  const std::string_view text = blob_.substr(position_, static_cast<std::size_t>(length));
  position_ += text.size();
  return {.text = text, .utf16_length = length, .ascii = true};
}

ColumnText StringReader::read_wide(std::uint64_t length) {
  const std::string_view tail = blob_.substr(position_);
  const bool starts_in_pair = in_pair_;
  const Utf16Position end = find_utf16(tail, length + (starts_in_pair ? 1 : 0));
  const std::string_view whole = tail.substr(0, end.byte);
  // Only at the end of the blob can the walk fall short of the length.
  if (end.byte == tail.size() && utf16_length(whole) != length + (starts_in_pair ? 1 : 0))
      [[unlikely]] {
    lengths_.in().set_error("string runs past the end of its column");
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
