#include "ycpp/doc/position_index.h"

#include "base/check.h"
#include "ycpp/doc/block_store.h"

#include <algorithm>

namespace ycpp {

namespace {

Clock visible_length(const BlockStore& store, BlockIndex block) noexcept {
  const Block& item = store.blocks[block];
  const bool is_visible = (item.flags & block_flag::kDeleted) == 0 && is_countable(item.kind);
  return is_visible ? store.blocks.length(block) : 0;
}

}  // namespace

PositionIndex::PositionIndex(const BlockStore& store, BlockIndex start)
    : leaves_(store.blocks.index_end(), kNone) {
  // Leaves are filled from left to right, three quarters, so that the first edits do not split
  // them.
  constexpr std::uint32_t kFill = kFanout * 3 / 4;
  std::vector<std::uint32_t> level;
  for (BlockIndex block = start; block != kNone; block = store.blocks[block].right) {
    if (level.empty() || nodes_[level.back()].count == kFill) level.push_back(create_node(true));
    Node& leaf = nodes_[level.back()];
    leaf.children[leaf.count] = block;
    leaf.sums[leaf.count] = visible_length(store, block);
    ++leaf.count;
    leaves_[block] = level.back();
  }
  if (level.empty()) level.push_back(create_node(true));
  while (level.size() > 1) {
    std::vector<std::uint32_t> upper;
    for (const std::uint32_t child : level) {
      if (upper.empty() || nodes_[upper.back()].count == kFill) {
        upper.push_back(create_node(false));
      }
      Node& node = nodes_[upper.back()];
      node.children[node.count] = child;
      node.sums[node.count] = total(nodes_[child]);
      ++node.count;
      nodes_[child].parent = upper.back();
    }
    level = std::move(upper);
  }
  root_ = level.front();
}

PositionIndex::Place PositionIndex::find(Clock index) const noexcept {
  std::uint32_t node_index = root_;
  while (true) {
    const Node& node = nodes_[node_index];
    std::uint32_t slot = 0;
    while (slot < node.count && index >= node.sums[slot]) index -= node.sums[slot++];
    if (slot == node.count) return {kNone, 0};
    if (node.leaf) return {node.children[slot], index};
    node_index = node.children[slot];
  }
}

Clock PositionIndex::index_of(BlockIndex block) const noexcept {
  Clock index = 0;
  std::uint32_t child = block;
  for (std::uint32_t node_index = leaf_of(block); node_index != kNone;
       node_index = nodes_[node_index].parent) {
    const Node& node = nodes_[node_index];
    const std::uint32_t slot = slot_of(node, child);
    for (std::uint32_t i = 0; i < slot; ++i) index += node.sums[i];
    child = node_index;
  }
  return index;
}

void PositionIndex::insert(const BlockStore& store, BlockIndex block) {
  const Clock visible = visible_length(store, block);
  const BlockIndex left = store.blocks[block].left;
  if (left != kNone) return insert_behind(left, block, visible);
  std::uint32_t node = root_;
  while (!nodes_[node].leaf) node = nodes_[node].children[0];
  set_leaf(block, node);
  insert_child(node, 0, block, visible);
}

void PositionIndex::split(const BlockStore& store, BlockIndex left, BlockIndex right) {
  resize(store, left);
  insert_behind(left, right, visible_length(store, right));
}

void PositionIndex::merge(const BlockStore& store, BlockIndex left, BlockIndex right) {
  const Clock visible = visible_length(store, right);
  const std::uint32_t leaf = leaf_of(right);
  const std::uint32_t slot = slot_of(nodes_[leaf], right);
  change_sum(leaf, right, -static_cast<std::int64_t>(visible));
  remove_child(leaf, slot);
  leaves_[right] = kNone;
  change_sum(leaf_of(left), left, static_cast<std::int64_t>(visible));
}

void PositionIndex::resize(const BlockStore& store, BlockIndex block) {
  const std::uint32_t leaf = leaf_of(block);
  const Node& node = nodes_[leaf];
  const Clock before = node.sums[slot_of(node, block)];
  const Clock after = visible_length(store, block);
  if (before == after) return;
  change_sum(leaf, block, static_cast<std::int64_t>(after) - static_cast<std::int64_t>(before));
}

std::size_t PositionIndex::memory_bytes() const noexcept {
  return nodes_.capacity() * sizeof(Node) + leaves_.capacity() * sizeof(std::uint32_t) +
         free_nodes_.capacity() * sizeof(std::uint32_t);
}

std::uint32_t PositionIndex::create_node(bool leaf) {
  std::uint32_t index = 0;
  if (free_nodes_.empty()) {
    index = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    index = free_nodes_.back();
    free_nodes_.pop_back();
    nodes_[index] = Node{};
  }
  nodes_[index].leaf = leaf;
  return index;
}

Clock PositionIndex::total(const Node& node) noexcept {
  Clock sum = 0;
  for (std::uint32_t i = 0; i < node.count; ++i) sum += node.sums[i];
  return sum;
}

void PositionIndex::insert_behind(BlockIndex left, BlockIndex block, Clock visible) {
  const std::uint32_t leaf = leaf_of(left);
  set_leaf(block, leaf);
  insert_child(leaf, slot_of(nodes_[leaf], left) + 1, block, visible);
}

// Adds to the sums above first: a node that is split on the way down there finds them right.
void PositionIndex::insert_child(std::uint32_t node_index, std::uint32_t slot, std::uint32_t child,
                                 Clock sum) {
  if (nodes_[node_index].count == kFanout) {
    const std::uint32_t upper = split_node(node_index);
    const std::uint32_t kept = nodes_[node_index].count;
    if (slot > kept) {
      node_index = upper;
      slot -= kept;
    }
  }
  Node& node = nodes_[node_index];
  for (std::uint32_t i = node.count; i > slot; --i) {
    node.children[i] = node.children[i - 1];
    node.sums[i] = node.sums[i - 1];
  }
  node.children[slot] = child;
  node.sums[slot] = sum;
  ++node.count;
  if (node.leaf) {
    leaves_[child] = node_index;
  } else {
    nodes_[child].parent = node_index;
  }
  if (sum > 0 && node.parent != kNone) {
    change_sum(node.parent, node_index, static_cast<std::int64_t>(sum));
  }
}

void PositionIndex::change_sum(std::uint32_t node_index, std::uint32_t child, std::int64_t delta) {
  while (node_index != kNone) {
    Node& node = nodes_[node_index];
    node.sums[slot_of(node, child)] += static_cast<Clock>(delta);
    child = node_index;
    node_index = node.parent;
  }
}

void PositionIndex::remove_child(std::uint32_t node_index, std::uint32_t slot) {
  while (true) {
    Node& node = nodes_[node_index];
    for (std::uint32_t i = slot; i + 1 < node.count; ++i) {
      node.children[i] = node.children[i + 1];
      node.sums[i] = node.sums[i + 1];
    }
    --node.count;
    // An empty node goes; a thin one may stay, the next rebuild packs it.
    if (node.count > 0 || node.parent == kNone) {
      if (node.count == 0) node.leaf = true;
      return;
    }
    free_nodes_.push_back(node_index);
    const std::uint32_t parent = node.parent;
    slot = slot_of(nodes_[parent], node_index);
    node_index = parent;
  }
}

std::uint32_t PositionIndex::split_node(std::uint32_t node_index) {
  const std::uint32_t upper = create_node(nodes_[node_index].leaf);
  if (nodes_[node_index].parent == kNone) {
    const std::uint32_t root = create_node(false);
    nodes_[root].count = 1;
    nodes_[root].children[0] = node_index;
    nodes_[root].sums[0] = total(nodes_[node_index]);
    nodes_[node_index].parent = root;
    root_ = root;
  }
  Node& low = nodes_[node_index];
  Node& high = nodes_[upper];
  constexpr std::uint32_t kHalf = kFanout / 2;
  high.count = low.count - kHalf;
  for (std::uint32_t i = 0; i < high.count; ++i) {
    high.children[i] = low.children[kHalf + i];
    high.sums[i] = low.sums[kHalf + i];
    if (high.leaf) {
      leaves_[high.children[i]] = upper;
    } else {
      nodes_[high.children[i]].parent = upper;
    }
  }
  low.count = kHalf;
  const Clock moved = total(high);
  const std::uint32_t parent = low.parent;
  const std::uint32_t slot = slot_of(nodes_[parent], node_index);
  if (moved > 0) change_sum(parent, node_index, -static_cast<std::int64_t>(moved));
  insert_child(parent, slot + 1, upper, moved);
  return upper;
}

std::uint32_t PositionIndex::slot_of(const Node& node, std::uint32_t child) noexcept {
  std::uint32_t slot = 0;
  while (slot < node.count && node.children[slot] != child) ++slot;
  return slot;
}

std::uint32_t PositionIndex::leaf_of(BlockIndex block) const noexcept {
  RUNNEL_CHECK(block < leaves_.size() && leaves_[block] != kNone);
  return leaves_[block];
}

void PositionIndex::set_leaf(BlockIndex block, std::uint32_t node) {
  if (block >= leaves_.size()) leaves_.resize(block + leaves_.size() / 4 + 16, kNone);
  leaves_[block] = node;
}

}  // namespace ycpp
