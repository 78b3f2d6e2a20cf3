// Edits of keys: of maps, hooks, attributes of elements and texts. Yjs's typeMap functions.
//
// Engine internal.
#pragma once

#include "ycpp/types/edit.h"

#include <string_view>

namespace ycpp::edit {

void set_key(Edit& edit, TypeIndex type, std::string_view key, const Content& value);
void delete_key(Edit& edit, TypeIndex type, std::string_view key);
void clear_keys(Edit& edit, TypeIndex type);

// The block with the current value of a key, kNone where there is none or it is deleted.
[[nodiscard]] BlockIndex find_key(const BlockStore& store, TypeIndex type, std::string_view key);

}  // namespace ycpp::edit
