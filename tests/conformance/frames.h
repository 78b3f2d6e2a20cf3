// Values on a pipe between these programs and those of node: a 32-bit little-endian length and one
// value in lib0's `any` encoding.
#pragma once

#include "base/bytes.h"
#include "ycpp/encoding/any.h"

#include <iosfwd>

namespace ycpp::conformance {

// Nothing at the end of the input.
[[nodiscard]] bool read_frame(std::istream& input, Bytes& frame);

void write_frame(const Any& value);

}  // namespace ycpp::conformance
