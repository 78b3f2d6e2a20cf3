#include "runnel/protocol/wire.h"

namespace runnel::protocol {

namespace {

constexpr std::uint64_t kSafeIntegerMax = (std::uint64_t{1} << 53U) - 1;

}  // namespace

Result<std::uint64_t> WireReader::read_varuint() {
  const std::size_t start = offset_;
  std::uint64_t value = 0;
  unsigned shift = 0;
  while (offset_ < bytes_.size()) {
    const std::uint8_t byte = bytes_[offset_++];
    const std::uint64_t group = byte & 0x7FU;
    // Groups beyond the range may only pad with zeros.
    if (group != 0 && (shift > 49 || ((group << shift) | value) > kSafeIntegerMax)) {
      return fail(Errc::Malformed, "a number is above 2^53 - 1", start);
    }
    if (shift <= 49) value |= group << shift;
    if ((byte & 0x80U) == 0) return value;
    shift += 7;
  }
  return fail(Errc::Malformed, "the message ends inside a number", start);
}

Result<ByteView> WireReader::read_buffer() {
  const std::size_t start = offset_;
  const std::uint64_t size = RUNNEL_TRY(read_varuint());
  if (size > bytes_.size() - offset_) {
    return fail(Errc::Malformed, "the message ends inside a buffer", start);
  }
  const ByteView view = bytes_.subspan(offset_, static_cast<std::size_t>(size));
  offset_ += view.size();
  return view;
}

void write_varuint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

void write_buffer(Bytes& out, ByteView bytes) {
  write_varuint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::size_t varuint_size(std::uint64_t value) noexcept {
  std::size_t size = 1;
  while (value >= 0x80) {
    value >>= 7U;
    ++size;
  }
  return size;
}

}  // namespace runnel::protocol
