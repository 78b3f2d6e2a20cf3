// Edits of sequences whose places are plain indexes: arrays and XML. Yjs's typeList functions.
//
// Engine internal.
#pragma once

#include "ycpp/types/edit.h"

#include <span>

namespace ycpp::edit {

// Puts `items` behind `left` (kNone: at the start): values side by side become one block.
void insert_after(Edit& edit, TypeIndex type, BlockIndex left, std::span<const Content> items);

// `index` must not be above the length of the type.
void insert_at(Edit& edit, TypeIndex type, Clock index, std::span<const Content> items);

void push_back(Edit& edit, TypeIndex type, std::span<const Content> items);

// Deletes visible units; fewer if there are fewer. Returns how many were missing.
Clock delete_range(Edit& edit, TypeIndex type, Clock index, Clock length);

// The block that holds the visible unit at an index.
struct UnitPlace {
  BlockIndex block{kNone};
  Clock offset{0};
};

// Nothing for an index beyond the end.
[[nodiscard]] UnitPlace find_unit(BlockStore& store, TypeIndex type, Clock index);

}  // namespace ycpp::edit
