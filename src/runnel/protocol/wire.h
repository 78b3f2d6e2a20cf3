// The few lib0 primitives that message envelopes need. What is inside (updates, state vectors,
// awareness entries) is ycpp's.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>

namespace runnel::protocol {

// Reads forward through one payload; every read checks its bound.
class WireReader {
 public:
  explicit WireReader(ByteView bytes) : bytes_(bytes) {}

  // Base-128, least significant group first, at most 2^53 - 1; over-long forms are accepted.
  Result<std::uint64_t> read_varuint();

  // A varuint length and that many bytes; also a varString, whose text the reader's user checks.
  Result<ByteView> read_buffer();

  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

 private:
  ByteView bytes_;
  std::size_t offset_{0};
};

void write_varuint(Bytes& out, std::uint64_t value);
void write_buffer(Bytes& out, ByteView bytes);

// How many bytes `value` takes as a varuint.
[[nodiscard]] std::size_t varuint_size(std::uint64_t value) noexcept;

}  // namespace runnel::protocol
