#include "ycpp/doc/integrator.h"

#include "base/check.h"
#include "ycpp/doc/position_index.h"

#include <algorithm>

namespace ycpp {

BlockIndex Integrator::integrate(const NewItem& item) {
  if (item.parent == kNone) return integrate_gc(item.client, item.clock, item.length);
  BlockStore& store = store_;
  const BlockIndex left = has_conflicts(item) ? find_left(item) : item.left;
  if (is_exhausted_) return kNone;
  const BlockIndex block = store.blocks.create({.client = item.client,
                                                .clock = item.clock,
                                                .length = item.length,
                                                .origin = item.origin,
                                                .right_origin = item.right_origin});
  const EntryIndex entry = item.key == kNone ? kNone : store.entry(item.parent, item.key);
  Block& fresh = store.blocks[block];
  fresh.kind = item.kind;
  fresh.content = item.content;
  fresh.parent = entry == kNone ? item.parent : entry;
  if (entry != kNone) fresh.flags |= block_flag::kKeyed;
  if (item.unicode) fresh.flags |= block_flag::kUnicode;
  touch(store.clients.data()[item.client], item.client);
  link(block, left, entry);
  store.append(block);
  integrate_content(block, item);
  TypeNode& parent = store.types.data()[item.parent];
  if (entry == kNone) {
    if (is_countable(item.kind)) parent.length += item.length;
    if (parent.positions) parent.positions->insert(store, block);
  }
  note_changed(item.parent, entry);
  const bool parent_deleted = parent.item != kNone && store.blocks.is_deleted(parent.item);
  const bool is_outdated = entry != kNone && store.blocks[block].right != kNone;
  if (parent_deleted || is_outdated) remove(block);
  return block;
}

BlockIndex Integrator::integrate_gc(ClientIndex client, Clock clock, Clock length) {
  const BlockIndex block =
      store_.blocks.create({.client = client, .clock = clock, .length = length});
  store_.blocks[block].kind = BlockKind::Gc;
  store_.blocks[block].flags |= block_flag::kDeleted;
  touch(store_.clients[client], client);
  store_.append(block);
  return block;
}

inline void Integrator::touch(ClientRecord& record, ClientIndex client) {
  if (record.touched_in == transaction_.serial) return;
  record.touched_in = transaction_.serial;
  record.state_before = record.state;
  transaction_.touched.push_back({.client = client, .before = record.state});
}

bool Integrator::has_conflicts(const NewItem& item) const noexcept {
  const BlockTable& blocks = store_.blocks;
  if (item.left == kNone) return item.right == kNone || blocks[item.right].left != kNone;
  return blocks[item.left].right != item.right;
}

bool Integrator::take_step() noexcept {
  if (steps_left_ == 0) {
    is_exhausted_ = true;
    return false;
  }
  --steps_left_;
  return true;
}

BlockIndex Integrator::leftmost(const NewItem& item, EntryIndex entry) noexcept {
  if (item.key == kNone) return store_.types[item.parent].start;
  if (entry == kNone) return kNone;
  BlockIndex block = store_.entries[entry].last;
  while (block != kNone && store_.blocks[block].left != kNone && take_step()) {
    block = store_.blocks[block].left;
  }
  return block;
}

// Walks from where the item was meant to be to the right, over the items that were put there
// concurrently. A block is stamped with its place in the walk, so that "seen before" and "seen
// since the last conflict was passed" are comparisons.
BlockIndex Integrator::find_left(const NewItem& item) {
  BlockStore& store = store_;
  const BlockTable& blocks = store.blocks;
  const ClientId own = store.clients[item.client].id;
  BlockIndex left = item.left;
  BlockIndex other =
      left != kNone
          ? blocks[left].right
          : leftmost(item, item.key == kNone ? kNone : store.find_entry(item.parent, item.key));
  store.walk_marks.begin(blocks.index_end());
  std::uint32_t conflicts_from = store.walk_marks.next();
  while (other != kNone && other != item.right && take_step()) {
    store.walk_marks.stamp(other);
    const LocalId other_origin = blocks.origin(other);
    if (other_origin == item.origin || (!other_origin.is_set() && !item.origin.is_set())) {
      if (store.clients[blocks.client(other)].id < own) {
        left = other;
        conflicts_from = store.walk_marks.next();
      } else if (blocks.right_origin(other) == item.right_origin) {
        break;
      }
    } else if (other_origin.is_set()) {
      const std::uint32_t seen = store.walk_marks.stamp_of(store.find(other_origin));
      if (!store.walk_marks.is_in_walk(seen)) break;
      if (seen < conflicts_from) {
        left = other;
        conflicts_from = store.walk_marks.next();
      }
    } else {
      break;
    }
    other = blocks[other].right;
  }
  return left;
}

void Integrator::link(BlockIndex block, BlockIndex left, EntryIndex entry) {
  BlockStore& store = store_;
  Block& fresh = store.blocks[block];
  fresh.left = left;
  if (left != kNone) {
    fresh.right = store.blocks[left].right;
    store.blocks[left].right = block;
  } else if (entry != kNone) {
    BlockIndex first = store.entries[entry].last;
    while (first != kNone && store.blocks[first].left != kNone) first = store.blocks[first].left;
    fresh.right = first;
  } else {
    TypeNode& parent = store.types[fresh.parent];
    fresh.right = parent.start;
    parent.start = block;
  }
  if (fresh.right != kNone) {
    store.blocks[fresh.right].left = block;
  } else if (entry != kNone) {
    store.set_entry_last(entry, block);
    if (left != kNone) remove(left);
  }
}

void Integrator::integrate_content(BlockIndex block, const NewItem& item) {
  BlockStore& store = store_;
  switch (item.kind) {
    case BlockKind::Deleted:
      store.blocks[block].flags |= block_flag::kDeleted;
      transaction_.deletes.push_back({item.client, {item.clock, item.length}});
      return;
    case BlockKind::Type: {
      const TypeIndex type = store.create_type(item.type_kind, item.type_name, block);
      store.blocks[block].content = type;
      return;
    }
    case BlockKind::Format:
      store.types[item.parent].has_formatting = true;
      return;
    case BlockKind::Doc: {
      SubdocumentRecord& record = store.subdocuments[item.content];
      record.item = block;
      record.added_at = static_cast<std::uint32_t>(transaction_.subdocuments_added.size());
      transaction_.subdocuments_added.push_back(item.content);
      if (record.should_load) transaction_.subdocuments_loaded.push_back(item.content);
      return;
    }
    case BlockKind::Gc:
    case BlockKind::Json:
    case BlockKind::Binary:
    case BlockKind::String:
    case BlockKind::Embed:
    case BlockKind::Any:
    case BlockKind::Skip:
      return;
  }
}

void Integrator::remove(BlockIndex block) {
  // A type's children go before its next sibling, as in Yjs, whose subdocuments are told to be
  // removed in that order; but without recursion: depth of nesting is a peer's to choose.
  const std::size_t base = doomed_.size();
  remove_one(block);
  while (doomed_.size() > base) remove_next_child();
}

void Integrator::remove_one(BlockIndex index) {
  BlockStore& store = store_;
  Block& block = store.blocks[index];
  if ((block.flags & block_flag::kDeleted) != 0) return;
  const bool is_keyed = (block.flags & block_flag::kKeyed) != 0;
  const TypeIndex parent = store.parent_type(index);
  const Clock length = store.blocks.length(index);
  TypeNode& node = store.types[parent];
  if (!is_keyed && is_countable(block.kind)) node.length -= length;
  block.flags |= block_flag::kDeleted;
  if (!is_keyed && node.positions) node.positions->resize(store, index);
  transaction_.has_garbage = true;
  transaction_.deletes.push_back({store.blocks.client(index), {store.blocks.clock(index), length}});
  note_changed(parent, is_keyed ? block.parent : kNone);
  if (block.kind == BlockKind::Type) {
    const TypeNode& type = store.types[block.content];
    doomed_.push_back({.type = block.content, .child = type.start, .entry = type.first_entry});
  } else if (block.kind == BlockKind::Doc) {
    std::vector<std::uint32_t>& added = transaction_.subdocuments_added;
    const std::uint32_t at = store.subdocuments[block.content].added_at;
    if (at < added.size() && added[at] == block.content) {
      added[at] = kNone;
    } else {
      transaction_.subdocuments_removed.push_back(block.content);
    }
  }
}

void Integrator::visit_child(BlockIndex child) {
  if (!store_.blocks.is_deleted(child)) {
    remove_one(child);
    return;
  }
  // It was deleted before this transaction, whose end would not look at it otherwise.
  const LocalId id = store_.blocks.id(child);
  if (id.clock < state_before(id.client)) transaction_.merge_candidates.push_back(id);
}

void Integrator::remove_next_child() {
  Doomed& doomed = doomed_.back();  // until a child is visited, which may be a type itself
  if (const BlockIndex child = doomed.child; child != kNone) {
    doomed.child = store_.blocks[child].right;
    visit_child(child);
    return;
  }
  if (const EntryIndex entry = doomed.entry; entry != kNone) {
    doomed.entry = store_.entries[entry].next;
    visit_child(store_.entries[entry].last);
    return;
  }
  TypeNode& node = store_.types[doomed.type];
  doomed_.pop_back();
  if (node.changed_in == transaction_.serial) {
    transaction_.changed[node.changed_at].type = kNone;
    node.changed_in = 0;
  }
}

BlockIndex Integrator::clean_end(LocalId id) {
  const ClientRecord& record = store_.clients.data()[id.client];
  // Mostly it is what the client wrote last.
  if (id.clock + 1 == record.state) return record.list.last();
  const BlockIndex recent = record.list.find_announced(store_.blocks, id.clock);
  if (recent != kNone && id.clock + 1 == store_.blocks.end(recent)) return recent;
  const BlockList::Position position = store_.position_of(id);
  const BlockIndex block = store_.clients[id.client].list.at(position);
  if (store_.blocks[block].kind == BlockKind::Gc || id.clock + 1 == store_.blocks.end(block)) {
    return block;
  }
  split(position, id.client, id.clock - store_.blocks.clock(block) + 1);
  return block;
}

BlockIndex Integrator::clean_start(LocalId id) {
  const BlockList& list = store_.clients.data()[id.client].list;
  const BlockIndex recent = list.find_announced(store_.blocks, id.clock);
  if (recent != kNone && id.clock == store_.blocks.clock(recent)) return recent;
  const BlockList::Position position = store_.position_of(id);
  const BlockIndex block = store_.clients[id.client].list.at(position);
  const Clock clock = store_.blocks.clock(block);
  if (clock == id.clock || store_.blocks[block].kind == BlockKind::Gc) return block;
  return split(position, id.client, id.clock - clock);
}

BlockIndex Integrator::split(BlockList::Position position, ClientIndex client, Clock units) {
  const BlockIndex right = store_.split(client, position, units);
  transaction_.merge_candidates.push_back(store_.blocks.id(right));
  return right;
}

void Integrator::note_changed(TypeIndex type, EntryIndex entry) {
  TypeNode& node = store_.types.data()[type];
  if (entry == kNone && is_sequence_noted(node)) return;
  if (node.item != kNone) {
    const LocalId id = store_.blocks.id(node.item);
    if (id.clock >= state_before(id.client) || store_.blocks.is_deleted(node.item)) return;
  }
  if (node.changed_in != transaction_.serial) {
    node.changed_in = transaction_.serial;
    node.changed_at = static_cast<std::uint32_t>(transaction_.changed.size());
    transaction_.changed.push_back({.type = type, .sequence = false, .keys = {}});
  }
  ChangedType& changed = transaction_.changed[node.changed_at];
  if (entry == kNone) {
    changed.sequence = true;
    return;
  }
  KeyEntry& key = store_.entries[entry];
  if (key.changed_in == transaction_.serial) return;
  key.changed_in = transaction_.serial;
  changed.keys.push_back(key.key);
}

}  // namespace ycpp
