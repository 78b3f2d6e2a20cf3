// Files of histories: for each a 32-bit little-endian length and one `any` value.
#pragma once

#include "ycpp/encoding/any.h"

#include <string>
#include <string_view>
#include <vector>

namespace ycpp::conformance {

// Empty if the file cannot be read or is not what it should be.
[[nodiscard]] std::vector<Any> read_histories(const std::string& path);

// A field of a history; undefined where there is none.
[[nodiscard]] const Any& field(const Any& object, std::string_view name);

// Its bytes; empty if it is something else.
[[nodiscard]] ByteView bytes_of(const Any& object, std::string_view name);

// A number as an integer; zero if it is something else.
[[nodiscard]] std::uint64_t number_of(const Any& value);

}  // namespace ycpp::conformance
