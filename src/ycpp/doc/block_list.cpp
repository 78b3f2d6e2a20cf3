#include "ycpp/doc/block_list.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ycpp {

BlockList::Position BlockList::find(const BlockTable& table, Clock clock) const noexcept {
  const Position hint = hint_;
  if (hint.leaf < leaves_.size() && hint.slot < leaves_.data()[hint.leaf].count) {
    const BlockIndex block = at(hint);
    if (table.clock(block) <= clock && clock < table.end(block)) return hint;
    if (!shortcuts_ && find_near_hint(table, clock)) return hint_;
  }
  if (shortcuts_ && clock >= shortcuts_->first) return find_by_shortcut(table, clock);
  const std::uint32_t leaf_index = find_leaf(clock);
  const Leaf& leaf = leaves_.data()[leaf_index];
  const BlockIndex* const blocks = leaf.blocks.get();
  std::uint32_t low = 0;
  std::uint32_t size = leaf.count;
  while (size > 1) {
    const std::uint32_t half = size / 2;
    low = table.clock(blocks[low + half]) <= clock ? low + half : low;
    size -= half;
  }
  hint_ = {leaf_index, low};
  return hint_;
}

// Ranges come in order, so the next one is mostly a few blocks away from the last.
bool BlockList::find_near_hint(const BlockTable& table, Clock clock) const noexcept {
  constexpr std::uint32_t kSteps = 4;
  const Leaf& leaf = leaves_.data()[hint_.leaf];
  const BlockIndex* const blocks = leaf.blocks.get();
  const bool is_behind = table.clock(blocks[hint_.slot]) < clock;
  std::uint32_t slot = hint_.slot;
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    if (is_behind ? slot + 1 == leaf.count : slot == 0) return false;
    slot = is_behind ? slot + 1 : slot - 1;
    if (table.clock(blocks[slot]) <= clock && clock < table.end(blocks[slot])) {
      hint_.slot = slot;
      return true;
    }
  }
  return false;
}

std::size_t BlockList::count_from(Position position) const noexcept {
  std::size_t total = leaves_[position.leaf].count - position.slot;
  for (std::size_t leaf = position.leaf + std::size_t{1}; leaf < leaves_.size(); ++leaf) {
    total += leaves_[leaf].count;
  }
  return total;
}

void BlockList::append(const BlockTable& table, BlockIndex block) {
  if (leaves_.empty() || leaves_.data()[leaves_.size() - 1].count == kLeafMax) {
    Leaf leaf;
    leaf.first_clock = table.clock(block);
    if (announced_ > 0) {
      grow(leaf, static_cast<std::uint32_t>(std::min<std::size_t>(announced_, kLeafMax)));
    }
    leaves_.push_back(std::move(leaf));
  }
  Leaf& leaf = leaves_.data()[leaves_.size() - 1];
  if (leaf.count == leaf.capacity) make_room(leaf);
  leaf.blocks.get()[leaf.count++] = block;
  if (announced_ > 0) --announced_;
  if (shortcuts_) note_shortcut(table, block);
}

BlockList::Position BlockList::insert_after(const BlockTable& table, Position position,
                                            BlockIndex block) {
  shortcuts_.reset();
  if (leaves_[position.leaf].count == kLeafMax) {
    split_leaf(table, position.leaf);
    const std::uint32_t lower = leaves_[position.leaf].count;
    if (position.slot >= lower) position = {position.leaf + 1, position.slot - lower};
  }
  Leaf& leaf = leaves_[position.leaf];
  make_room(leaf);
  BlockIndex* const slot = leaf.blocks.get() + position.slot + 1;
  std::memmove(slot + 1, slot, (leaf.count - position.slot - 1) * sizeof(BlockIndex));
  *slot = block;
  ++leaf.count;
  return {position.leaf, position.slot + 1};
}

void BlockList::remove_after(const BlockTable& table, Position position) {
  shortcuts_.reset();
  Position gone = position;
  if (!to_next(gone)) return;
  Leaf& leaf = leaves_[gone.leaf];
  BlockIndex* const slot = leaf.blocks.get() + gone.slot;
  std::memmove(slot, slot + 1, (leaf.count - gone.slot - 1) * sizeof(BlockIndex));
  --leaf.count;
  if (leaf.count == 0) {
    leaves_.erase(leaves_.begin() + gone.leaf);
  } else if (gone.slot == 0) {
    leaf.first_clock = table.clock(leaf.blocks[0]);
  }
}

void BlockList::truncate_after(Position position) {
  shortcuts_.reset();
  leaves_.resize(position.leaf + std::size_t{1});
  leaves_.back().count = position.slot + 1;
}

void BlockList::expect(std::size_t count, Clock first, Clock end) {
  announced_ = count;
  constexpr std::size_t kLeaf = kLeafMax;
  const std::size_t leaf_total = leaves_.size() + (count + kLeaf - 1) / kLeaf;
  if (leaves_.empty()) leaves_.reserve(leaf_total);
  // As many steps as blocks, up to twice as many; clocks that nobody counts one by one get none.
  Shortcuts shortcuts;
  shortcuts.first = first;
  shortcuts.next = first;
  shortcuts.end = end;
  while (((end - first) >> shortcuts.shift) > 2 * count) ++shortcuts.shift;
  shortcuts.block_max = static_cast<std::uint32_t>(count);
  shortcuts.step_max = static_cast<std::uint32_t>((end - first) >> shortcuts.shift) + 1;
  shortcuts.blocks = std::make_unique_for_overwrite<BlockIndex[]>(shortcuts.block_max);
  shortcuts.ordinals = std::make_unique_for_overwrite<std::uint32_t[]>(shortcuts.step_max);
  shortcuts_ = std::make_unique<Shortcuts>(std::move(shortcuts));
}

void BlockList::drop_shortcuts() noexcept {
  shortcuts_.reset();
  announced_ = 0;
}

void BlockList::note_shortcut(const BlockTable& table, BlockIndex block) {
  Shortcuts& shortcuts = *shortcuts_;
  const std::uint32_t ordinal = shortcuts.block_count;
  if (ordinal == 0) shortcuts.base = last_position();
  const Clock end = table.end(block);
  shortcuts.note_steps(ordinal, end);
  // Without steps of its own it would be looked for block by block.
  if (ordinal == shortcuts.block_max || shortcuts.next < end) {
    shortcuts_.reset();
    return;
  }
  shortcuts.blocks.get()[ordinal] = block;
  ++shortcuts.block_count;
}

BlockList::Position BlockList::shortcut_position(std::uint32_t ordinal) const noexcept {
  const Position base = shortcuts_->base;
  const std::uint32_t in_first = leaves_[base.leaf].count - base.slot;
  if (ordinal < in_first) return {base.leaf, base.slot + ordinal};
  const std::uint32_t behind = ordinal - in_first;
  return {base.leaf + 1 + behind / kLeafMax, behind % kLeafMax};
}

BlockList::Position BlockList::find_by_shortcut(const BlockTable& table,
                                                Clock clock) const noexcept {
  Position position = shortcut_position(shortcuts_->ordinal_of(clock));
  Position next = position;
  while (to_next(next) && table.clock(at(next)) <= clock) position = next;
  hint_ = position;
  return position;
}

std::size_t BlockList::memory_bytes() const noexcept {
  std::size_t total = leaves_.capacity() * sizeof(Leaf);
  for (const Leaf& leaf : leaves_) total += leaf.capacity * sizeof(BlockIndex);
  return total;
}

void BlockList::grow(Leaf& leaf, std::uint32_t capacity) {
  auto blocks = std::make_unique_for_overwrite<BlockIndex[]>(capacity);
  if (leaf.count > 0) {
    std::memcpy(blocks.get(), leaf.blocks.get(), leaf.count * sizeof(BlockIndex));
  }
  leaf.blocks = std::move(blocks);
  leaf.capacity = capacity;
}

void BlockList::make_room(Leaf& leaf) {
  if (leaf.count < leaf.capacity) return;
  constexpr std::uint32_t kFirst = 4;
  grow(leaf, leaf.capacity == 0 ? kFirst : std::min(kLeafMax, leaf.capacity * 2));
}

std::uint32_t BlockList::find_leaf(Clock clock) const noexcept {
  const Leaf* const leaves = leaves_.data();
  std::uint32_t low = 0;
  auto size = static_cast<std::uint32_t>(leaves_.size());
  while (size > 1) {
    const std::uint32_t half = size / 2;
    low = leaves[low + half].first_clock <= clock ? low + half : low;
    size -= half;
  }
  return low;
}

void BlockList::split_leaf(const BlockTable& table, std::uint32_t index) {
  constexpr std::uint32_t kHalf = kLeafMax / 2;
  Leaf upper;
  grow(upper, kLeafMax);
  Leaf& lower = leaves_[index];
  upper.count = lower.count - kHalf;
  std::memcpy(upper.blocks.get(), lower.blocks.get() + kHalf, upper.count * sizeof(BlockIndex));
  lower.count = kHalf;
  upper.first_clock = table.clock(upper.blocks[0]);
  leaves_.insert(leaves_.begin() + index + 1, std::move(upper));
}

}  // namespace ycpp
