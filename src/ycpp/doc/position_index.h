// PositionIndex: finds the block at an index of one sequence, and the index of a block, in
// O(log blocks). A B+ tree over the blocks in document order with the sums of their visible
// lengths.
//
// Built on the first access by index, then kept up to date by the engine.
#pragma once

#include "ycpp/doc/block.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ycpp {

class BlockStore;

class PositionIndex {
 public:
  // Of all blocks of the sequence that starts at `start`.
  PositionIndex(const BlockStore& store, BlockIndex start);

  struct Place {
    BlockIndex block{kNone};  // kNone: the index is the length of the sequence
    Clock offset{0};          // units of the block in front of the index
  };

  // The visible block that contains the unit at `index`.
  [[nodiscard]] Place find(Clock index) const noexcept;

  // Visible units in front of a block of the sequence.
  [[nodiscard]] Clock index_of(BlockIndex block) const noexcept;

  // `block` was linked into the sequence.
  void insert(const BlockStore& store, BlockIndex block);
  // `right` was cut off `left`, directly behind it; lengths are the new ones.
  void split(const BlockStore& store, BlockIndex left, BlockIndex right);
  // `right` is about to become a part of `left`; lengths are still the old ones.
  void merge(const BlockStore& store, BlockIndex left, BlockIndex right);
  // A block was deleted, or grew at its end.
  void resize(const BlockStore& store, BlockIndex block);

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::uint32_t kFanout = 32;

  struct Node {
    std::uint32_t parent{kNone};
    std::uint32_t count{0};
    bool leaf{true};
    std::uint32_t children[kFanout]{};  // blocks in a leaf, else nodes
    Clock sums[kFanout]{};
  };

  [[nodiscard]] static Clock total(const Node& node) noexcept;
  [[nodiscard]] static std::uint32_t slot_of(const Node& node, std::uint32_t child) noexcept;
  [[nodiscard]] std::uint32_t leaf_of(BlockIndex block) const noexcept;
  void set_leaf(BlockIndex block, std::uint32_t node);
  std::uint32_t create_node(bool leaf);
  void insert_behind(BlockIndex left, BlockIndex block, Clock visible);
  void insert_child(std::uint32_t node_index, std::uint32_t slot, std::uint32_t child, Clock sum);
  void remove_child(std::uint32_t node_index, std::uint32_t slot);
  // Moves the upper half to a new node, which it returns.
  std::uint32_t split_node(std::uint32_t node_index);
  void change_sum(std::uint32_t node_index, std::uint32_t child, std::int64_t delta);

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> free_nodes_;
  std::uint32_t root_{kNone};
  // Leaf of every block, by block index; most blocks of a document are in one sequence.
  std::vector<std::uint32_t> leaves_;
};

}  // namespace ycpp
