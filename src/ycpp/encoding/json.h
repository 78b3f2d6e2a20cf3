// JSON exactly as JavaScript's JSON.parse and JSON.stringify have it, so that the JSON text of
// format V1 and the any values of format V2 turn into each other byte for byte.
#pragma once

#include "ycpp/encoding/any.h"

#include <string>
#include <string_view>

namespace ycpp {

class ByteReader;
class ByteWriter;

// JSON.parse, with a bound on nesting (kAnyDepthMax). Errors name the byte.
[[nodiscard]] Result<Any> parse_json(std::string_view text);

// Whether parse_json would succeed; allocates nothing.
[[nodiscard]] bool is_json(std::string_view text) noexcept;

// JSON.stringify. Where that yields nothing or throws, something is written nevertheless: undefined
// by itself is "null", a bigint is its digits, so that a document can always be encoded.
[[nodiscard]] std::string to_json(const Any& value);

// Appends to `out`.
void append_json(std::string& out, const Any& value);

// String(number), as JSON.stringify writes finite numbers.
void append_js_number(std::string& out, double number);

}  // namespace ycpp
