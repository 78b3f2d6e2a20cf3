// Local edits as generator/operations.mjs writes them down, made on a ycpp document.
#pragma once

#include "ycpp/types/roots.h"

#include <string_view>

namespace ycpp::conformance {

// A field of an object; undefined if it is not there.
[[nodiscard]] const Any& field(const Any& object, std::string_view name);
[[nodiscard]] bool has_field(const Any& object, std::string_view name);
[[nodiscard]] std::uint64_t number_field(const Any& object, std::string_view name);
[[nodiscard]] const std::string& string_field(const Any& object, std::string_view name);
[[nodiscard]] const AnyArray& array_field(const Any& object, std::string_view name);
[[nodiscard]] const Bytes& bytes_field(const Any& object, std::string_view name);
[[nodiscard]] bool bool_field(const Any& object, std::string_view name);

// The type that a reference of the generator names; it must exist.
[[nodiscard]] SharedType type_at(Doc& doc, const Any& reference);

Result<void> apply_operation(Doc& doc, const Any& operation);

}  // namespace ycpp::conformance
