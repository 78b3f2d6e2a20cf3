// JSON Pointer (RFC 6901). Pure.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::server {

// The names on the way, unescaped; none for the whole document. Invalid when it is no pointer.
[[nodiscard]] Result<std::vector<std::string>> parse_pointer(std::string_view pointer);

// A token as an index: digits without a leading zero.
[[nodiscard]] std::optional<std::size_t> array_index(std::string_view token);

}  // namespace runnel::server
