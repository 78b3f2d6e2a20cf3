// Reading JSON objects that others wrote: every access names what it expects, and what is absent or
// of another type is simply not there. Bounded in depth and size.
#pragma once

#include "base/result.h"
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::auth::json {

using Object = boost::json::object;

// What a verify answer, a token's claims or a key set may have; real ones take some kilobytes.
inline constexpr std::size_t kDocumentBytesMax = std::size_t{1} << 20U;

// Malformed or LimitExceeded; `what` names the text in the message.
[[nodiscard]] Result<Object> parse_object(std::string_view text, std::string_view what);

// A non-empty or empty string member.
[[nodiscard]] std::optional<std::string> text(const Object& object, std::string_view key);

// A string member, or empty.
[[nodiscard]] std::string text_or_empty(const Object& object, std::string_view key);

// A member that is a whole number, also when it was written as 1.0.
[[nodiscard]] std::optional<std::int64_t> integer(const Object& object, std::string_view key);

[[nodiscard]] std::optional<bool> boolean(const Object& object, std::string_view key);

// A string as one element, or the strings of an array; everything else is empty.
[[nodiscard]] std::vector<std::string> texts(const Object& object, std::string_view key);

// The objects of an array member.
[[nodiscard]] std::vector<Object> objects(const Object& object, std::string_view key);

[[nodiscard]] std::string to_string(const Object& object);

}  // namespace runnel::auth::json
