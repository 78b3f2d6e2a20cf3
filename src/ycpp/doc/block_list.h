// BlockList: the blocks of one client in the order of their clocks, without gaps. Leaves of at most
// 128 entries under a directory, so that a split in the middle moves a few hundred bytes, however
// long the list is.
#pragma once

#include "ycpp/doc/block_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ycpp {

class BlockList {
 public:
  // Where a block stands. Stale after any change of the list, but for what the change returns.
  struct Position {
    std::uint32_t leaf{0};
    std::uint32_t slot{0};

    friend bool operator==(const Position&, const Position&) = default;
  };

  [[nodiscard]] bool empty() const noexcept { return leaves_.empty(); }

  [[nodiscard]] BlockIndex at(Position position) const noexcept {
    return leaves_.data()[position.leaf].blocks.get()[position.slot];
  }

  [[nodiscard]] BlockIndex last() const noexcept {
    const Leaf& leaf = leaves_.back();
    return leaf.blocks.get()[leaf.count - 1];
  }

  [[nodiscard]] Position last_position() const noexcept {
    return {static_cast<std::uint32_t>(leaves_.size() - 1), leaves_.back().count - 1};
  }

  // Moves to the neighbour; false, and no move, where there is none.
  [[nodiscard]] bool to_next(Position& position) const noexcept {
    if (position.slot + 1 < leaves_.data()[position.leaf].count) {
      ++position.slot;
      return true;
    }
    if (position.leaf + 1 == leaves_.size()) return false;
    ++position.leaf;
    position.slot = 0;
    return true;
  }

  [[nodiscard]] bool to_previous(Position& position) const noexcept {
    if (position.slot > 0) {
      --position.slot;
      return true;
    }
    if (position.leaf == 0) return false;
    --position.leaf;
    position.slot = leaves_.data()[position.leaf].count - 1;
    return true;
  }

  // The block that contains `clock`, which must be one of the list. Typing and loading ask for
  // places near the last one, so that is tried first.
  [[nodiscard]] Position find(const BlockTable& table, Clock clock) const noexcept;

  // The same among the blocks that were announced by expect() and have come; kNone where that does
  // not tell.
  [[nodiscard]] BlockIndex find_announced(const BlockTable& table, Clock clock) const noexcept {
    if (!shortcuts_ || clock < shortcuts_->first || shortcuts_->block_count == 0) return kNone;
    const Shortcuts& shortcuts = *shortcuts_;
    const BlockIndex* const blocks = shortcuts.blocks.get();
    std::uint32_t ordinal = shortcuts.ordinal_of(clock);
    while (ordinal + 1 < shortcuts.block_count && table.clock(blocks[ordinal + 1]) <= clock) {
      ++ordinal;
    }
    return blocks[ordinal];
  }

  [[nodiscard]] std::span<const BlockIndex> leaf(std::uint32_t index) const noexcept {
    return {leaves_[index].blocks.get(), leaves_[index].count};
  }

  [[nodiscard]] std::size_t leaf_count() const noexcept { return leaves_.size(); }

  // Number of blocks from `position` to the end. O(leaves).
  [[nodiscard]] std::size_t count_from(Position position) const noexcept;

  void append(const BlockTable& table, BlockIndex block);

  // Whether append_announced() may be called for a block that ends at this clock.
  [[nodiscard]] bool takes_announced(Clock end) const noexcept {
    if (!shortcuts_ || leaves_.empty()) return false;
    const Shortcuts& shortcuts = *shortcuts_;
    const Leaf& leaf = leaves_.data()[leaves_.size() - 1];
    return shortcuts.block_count > 0 && shortcuts.block_count < shortcuts.block_max &&
           end <= shortcuts.end && leaf.count < leaf.capacity;
  }

  // append() of a block that was announced and is not the first of its leaf.
  void append_announced(BlockIndex block, Clock end) noexcept {
    Leaf& leaf = leaves_.data()[leaves_.size() - 1];
    leaf.blocks.get()[leaf.count++] = block;
    --announced_;
    Shortcuts& shortcuts = *shortcuts_;
    const std::uint32_t ordinal = shortcuts.block_count++;
    shortcuts.blocks.get()[ordinal] = block;
    shortcuts.note_steps(ordinal, end);
  }

  // Returns where the new block is.
  Position insert_after(const BlockTable& table, Position position, BlockIndex block);

  // Removes the block behind `position`; returns where the block at `position` is.
  void remove_after(const BlockTable& table, Position position);

  // Drops every block behind `position`.
  void truncate_after(Position position);

  // Announces `count` blocks to come, from clock `first` to clock `end`: they take no slack, and
  // until drop_shortcuts() or the first change but appending them they are found without a search.
  void expect(std::size_t count, Clock first, Clock end);
  void drop_shortcuts() noexcept;

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::uint32_t kLeafMax = 128;

  struct Leaf {
    Clock first_clock{0};
    std::unique_ptr<BlockIndex[]> blocks;
    std::uint32_t count{0};
    std::uint32_t capacity{0};
  };

  static void grow(Leaf& leaf, std::uint32_t capacity);
  static void make_room(Leaf& leaf);
  [[nodiscard]] bool find_near_hint(const BlockTable& table, Clock clock) const noexcept;
  [[nodiscard]] std::uint32_t find_leaf(Clock clock) const noexcept;
  void split_leaf(const BlockTable& table, std::uint32_t index);

  // Invariant: no leaf is empty, first_clock is that of its first block.
  std::vector<Leaf> leaves_;
  std::size_t announced_{0};

  // For clocks first, first + 2^shift, …: which block contains it, counted from the block at
  // `base`. Every leaf from there on is full but the last. Both arrays have room for what was
  // announced; a block beyond that ends the shortcuts.
  struct Shortcuts {
    Clock first{0};
    Clock next{0};  // where the next step begins
    Clock end{0};   // up to which blocks were announced
    unsigned shift{0};
    std::uint32_t block_count{0};
    std::uint32_t block_max{0};
    std::uint32_t step_count{0};
    std::uint32_t step_max{0};
    Position base;
    std::unique_ptr<BlockIndex[]> blocks;
    std::unique_ptr<std::uint32_t[]> ordinals;

    // The steps that begin in this block, which ends at `block_end`.
    void note_steps(std::uint32_t ordinal, Clock block_end) noexcept {
      while (next < block_end && step_count < step_max) {
        ordinals.get()[step_count++] = ordinal;
        next += Clock{1} << shift;
      }
    }

    // Of the block in which the step of this clock begins.
    [[nodiscard]] std::uint32_t ordinal_of(Clock clock) const noexcept {
      const auto step = static_cast<std::size_t>((clock - first) >> shift);
      return ordinals.get()[std::min<std::size_t>(step, step_count - 1)];
    }
  };

  [[nodiscard]] Position shortcut_position(std::uint32_t ordinal) const noexcept;
  [[nodiscard]] Position find_by_shortcut(const BlockTable& table, Clock clock) const noexcept;
  void note_shortcut(const BlockTable& table, BlockIndex block);

  std::unique_ptr<Shortcuts> shortcuts_;
  mutable Position hint_;
};

}  // namespace ycpp
