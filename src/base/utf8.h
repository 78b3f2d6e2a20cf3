// Whether text of a peer is UTF-8, before it becomes part of a name, a record or an answer in JSON.
#pragma once

#include <cstddef>
#include <string_view>

namespace runnel {

// Offset of the first byte that is not UTF-8 (RFC 3629: no surrogates, no over-long forms); npos
// when all of it is.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text) noexcept;

}  // namespace runnel
