#include "ycpp/undo/redo.h"

#include <algorithm>

namespace ycpp::undo {

namespace {

using edit::Edit;

bool is_redone(const BlockStore& store, BlockIndex block) noexcept {
  return (store.blocks[block].flags & block_flag::kRedone) != 0;
}

// The copy of a block, cut so that it starts with its first unit.
BlockIndex copy_of(Edit& edit, BlockIndex block) {
  return edit.integrator.clean_start(edit.store.redone.at(block));
}

BlockIndex holder_of(const BlockStore& store, BlockIndex block) noexcept {
  return store.types[store.parent_type(block)].item;
}

// Follows copies until one is held by `holder`; kNone if none is.
BlockIndex trace_to(Edit& edit, BlockIndex block, BlockIndex holder) {
  while (block != kNone && holder_of(edit.store, block) != holder) {
    block = is_redone(edit.store, block) ? copy_of(edit, block) : kNone;
  }
  return block;
}

bool is_deleted_by(std::span<const StackItem> stack, Id id) {
  return std::ranges::any_of(stack,
                             [&](const StackItem& item) { return item.deletions.contains(id); });
}

BlockIndex last_of_key(const BlockStore& store, TypeIndex parent, NameIndex key) {
  const EntryIndex entry = store.find_entry(parent, key);
  return entry == kNone ? kNone : store.entries[entry].last;
}

// The neighbours in a sequence, or in the copy of it.
void find_neighbours(Edit& edit, BlockIndex item, BlockIndex holder, edit::Place& place) {
  for (BlockIndex left = edit.store.blocks[item].left; left != kNone;
       left = edit.store.blocks[left].left) {
    const BlockIndex traced = trace_to(edit, left, holder);
    if (traced != kNone) {
      place.left = traced;
      break;
    }
  }
  for (BlockIndex right = item; right != kNone; right = edit.store.blocks[right].right) {
    const BlockIndex traced = trace_to(edit, right, holder);
    if (traced != kNone) {
      place.right = traced;
      break;
    }
  }
}

// Whether what stands right of a value goes away with the step, or was the program's own.
bool gives_way(const BlockStore& store, BlockIndex right, const RedoContext& context) {
  const Id id = store.global(store.blocks.id(right));
  return is_redone(store, right) || context.insertions.contains(id) ||
         is_deleted_by(context.undo_stack, id) || is_deleted_by(context.redo_stack, id);
}

// The value of a key that the copy follows. False: somebody else has set the key since.
bool find_value_before(Edit& edit, BlockIndex item, BlockIndex holder, const RedoContext& context,
                       edit::Place& place) {
  const BlockStore& store = edit.store;
  if (store.blocks[item].right == kNone || context.ignore_remote_map_changes) {
    place.left = last_of_key(store, place.parent, place.key);
  } else {
    BlockIndex left = item;
    while (store.blocks[left].right != kNone &&
           gives_way(store, store.blocks[left].right, context)) {
      left = store.blocks[left].right;
      while (is_redone(store, left)) left = copy_of(edit, left);
    }
    if (store.blocks[left].right != kNone) return false;
    place.left = left;
  }
  if (place.left != kNone && holder_of(store, place.left) != holder) {
    place.left = last_of_key(store, place.parent, place.key);
  }
  return true;
}

// The type's item today, brought back if it has to be. False if it cannot be.
bool find_holder(Edit& edit, BlockIndex& holder, const RedoContext& context) {
  if (holder == kNone || !edit::is_deleted(edit.store, holder)) return true;
  if (!is_redone(edit.store, holder)) {
    if (!context.items.contains(holder)) return false;
    if (redo_item(edit, holder, context) == kNone) return false;
  }
  while (is_redone(edit.store, holder)) holder = copy_of(edit, holder);
  return true;
}

}  // namespace

BlockIndex redo_item(Edit& edit, BlockIndex item, const RedoContext& context) {
  BlockStore& store = edit.store;
  if (is_redone(store, item)) return copy_of(edit, item);
  BlockIndex holder = holder_of(store, item);
  if (!find_holder(edit, holder, context)) return kNone;
  edit::Place place;
  place.parent = holder == kNone ? store.parent_type(item) : store.type_of(holder);
  if (store.is_keyed(item)) {
    place.key = store.entries[store.blocks[item].parent].key;
    if (!find_value_before(edit, item, holder, context, place)) return kNone;
  } else {
    find_neighbours(edit, item, holder, place);
  }
  const LocalId id{edit.own, store.clients[edit.own].state};
  store.redone.insert_or_assign(item, id);
  store.blocks[item].flags |= block_flag::kRedone;
  const BlockIndex copy = edit::insert_copy(edit, place, item);
  keep_item(store, copy, true);
  return copy;
}

void keep_item(BlockStore& store, BlockIndex item, bool keep) {
  while (item != kNone) {
    std::uint8_t& flags = store.blocks[item].flags;
    if (((flags & block_flag::kKeep) != 0) == keep) return;
    flags = keep ? static_cast<std::uint8_t>(flags | block_flag::kKeep)
                 : static_cast<std::uint8_t>(flags & ~block_flag::kKeep);
    if (store.blocks[item].kind == BlockKind::Gc) return;
    item = holder_of(store, item);
  }
}

Redone follow_redone(const BlockStore& store, LocalId id) {
  while (true) {
    const BlockIndex block = store.find(id);
    const Clock offset = id.clock - store.blocks.clock(block);
    if (!is_redone(store, block)) return {block, offset};
    const LocalId copy = store.redone.at(block);
    id = {copy.client, copy.clock + offset};
  }
}

void for_each_block(Edit& edit, const DeleteSet& ranges, std::span<const ClientId> order,
                    const std::function<void(BlockIndex)>& visit) {
  const BlockStore& store = edit.store;
  const auto visit_client = [&](ClientId id) {
    const ClientIndex client = store.find_client(id);
    if (client == kNone) return;
    for (const ClockRange& range : ranges.ranges(id)) {
      const Clock end = std::min(range.end(), store.clients[client].state);
      for (Clock clock = range.clock; clock < end;) {
        const BlockIndex block = edit.integrator.clean_start({client, clock});
        if (store.blocks.end(block) > end) (void)edit.integrator.clean_start({client, end});
        clock = store.blocks.end(block);
        visit(block);
      }
    }
  };
  for (const ClientId client : order) visit_client(client);
  for (const DeleteSet::ClientRanges& client : ranges.clients()) {
    if (std::ranges::find(order, client.client) == order.end()) visit_client(client.client);
  }
}

}  // namespace ycpp::undo
