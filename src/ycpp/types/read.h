// Reading what a shared type holds. Engine internal.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/doc/block.h"
#include "ycpp/state_vector.h"
#include "ycpp/types/value.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ycpp {
class BlockStore;
class Snapshot;
}  // namespace ycpp

namespace ycpp::edit {

// The unit at `offset` of a block that is countable.
[[nodiscard]] Value unit_value(Doc& doc, BlockIndex block, Clock offset);

// All units of a block, nothing for one that is not countable.
void append_values(Doc& doc, BlockIndex block, std::vector<Value>& out);

// The last unit of a block: what a key holds. Undefined for content that is gone.
[[nodiscard]] Value last_value(Doc& doc, BlockIndex block);

// Visible units of a sequence in order; stops when `visit` returns false.
void for_each_unit(Doc& doc, TypeIndex type, const std::function<bool(const Value&)>& visit);

// Keys and their values, in the order in which the keys were first set.
[[nodiscard]] std::vector<std::pair<std::string, Value>> live_entries(Doc& doc, TypeIndex type);

[[nodiscard]] std::string plain_text(const BlockStore& store, TypeIndex type);

// Whether a block existed and was not deleted in a snapshot; without one: now.
[[nodiscard]] bool is_visible_in(const BlockStore& store, BlockIndex block,
                                 const Snapshot* snapshot);

[[nodiscard]] Any type_to_json(Doc& doc, TypeIndex type);

// XML markup, as Yjs's toString.
[[nodiscard]] std::string xml_string(Doc& doc, TypeIndex type);

// String(value) of JavaScript.
[[nodiscard]] std::string js_string(Doc& doc, const Value& value);
[[nodiscard]] std::string js_string(const Any& value);

// Compares as JavaScript compares strings: by UTF-16 code units.
[[nodiscard]] bool utf16_less(std::string_view a, std::string_view b) noexcept;

// toLowerCase and toUpperCase of single characters.
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string upper_case(std::string_view text);

}  // namespace ycpp::edit
