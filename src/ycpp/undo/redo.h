// Bringing deleted blocks back. Engine internal.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/types/edit.h"
#include "ycpp/undo/undo_manager.h"

#include <functional>
#include <span>
#include <unordered_set>
#include <vector>

namespace ycpp::undo {

// What bringing back one step needs to know.
struct RedoContext {
  const std::unordered_set<BlockIndex>& items;  // all that is brought back with it
  const DeleteSet& insertions;                  // of the step: what it deletes
  bool ignore_remote_map_changes{false};
  std::span<const StackItem> undo_stack;
  std::span<const StackItem> redo_stack;
};

// Yjs's redoItem: a copy of a deleted block at its old place. kNone if the place is gone, or the
// key was set by somebody else since.
BlockIndex redo_item(edit::Edit& edit, BlockIndex item, const RedoContext& context);

// Sets or clears `keep` on a block and on all that holds it.
void keep_item(BlockStore& store, BlockIndex item, bool keep);

// The block that stands for a unit today: the last of its copies. `offset` is the unit's place in
// it.
struct Redone {
  BlockIndex block{kNone};
  Clock offset{0};
};

[[nodiscard]] Redone follow_redone(const BlockStore& store, LocalId id);

// Visits the blocks of `ranges`, cut at their edges: clients in `order`, then any others.
void for_each_block(edit::Edit& edit, const DeleteSet& ranges, std::span<const ClientId> order,
                    const std::function<void(BlockIndex)>& visit);

}  // namespace ycpp::undo
