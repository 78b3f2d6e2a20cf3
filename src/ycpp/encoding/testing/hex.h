// Bytes as hexadecimal digits, for golden figures in tests.
#pragma once

#include "ycpp/id.h"

#include <string>
#include <string_view>

namespace ycpp::testing {

// Spaces are ignored.
[[nodiscard]] Bytes from_hex(std::string_view hex);

[[nodiscard]] std::string to_hex(ByteView bytes);

}  // namespace ycpp::testing
