// BlockTable: the arena of the blocks of one document, and access to their ids. It knows nothing of
// lists, links or contents.
//
// An id that does not fit into a block (a clock or length above 2^32 - 1, more than 65,534 clients)
// makes the block wide: its ids then stand in a side table. Only the functions here know of that.
#pragma once

#include "ycpp/doc/block.h"
#include "ycpp/doc/large_allocator.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ycpp {

// Everything that identifies a block.
struct BlockIds {
  ClientIndex client{kNone};
  Clock clock{0};
  Clock length{0};
  LocalId origin{};
  LocalId right_origin{};
};

class BlockTable {
 public:
  // A reference stays valid until the next create().
  [[nodiscard]] Block& operator[](BlockIndex index) noexcept { return base_[index]; }

  [[nodiscard]] const Block& operator[](BlockIndex index) const noexcept { return base_[index]; }

  // A block without links; its kind, parent and content are for the caller to set.
  BlockIndex create(const BlockIds& ids);

  // Whether create_in_reserve() may be called: reserve() has left room, and no index is to be used
  // again before it is taken.
  [[nodiscard]] bool has_reserve() const noexcept {
    return free_head_ == kNone && blocks_.size() < blocks_.capacity();
  }

  // A block that is as it was given, and not wide.
  BlockIndex create_in_reserve(const Block& block) {
    const auto index = static_cast<BlockIndex>(blocks_.size());
    blocks_.push_back(block);
    return index;
  }

  void free(BlockIndex index);

  void reserve(std::size_t count);

  [[nodiscard]] std::size_t live_count() const noexcept { return blocks_.size() - free_count_; }

  // One more than the largest index in use.
  [[nodiscard]] std::size_t index_end() const noexcept { return blocks_.size(); }

  [[nodiscard]] ClientIndex client(BlockIndex index) const noexcept {
    const Block& block = base_[index];
    return is_wide(block) ? wide_[block.clock].client : block.client;
  }

  [[nodiscard]] Clock clock(BlockIndex index) const noexcept {
    const Block& block = base_[index];
    return is_wide(block) ? wide_[block.clock].clock : block.clock;
  }

  [[nodiscard]] Clock length(BlockIndex index) const noexcept {
    const Block& block = base_[index];
    return is_wide(block) ? wide_[block.clock].length : block.length;
  }

  // The clock behind the last unit.
  [[nodiscard]] Clock end(BlockIndex index) const noexcept {
    const Block& block = base_[index];
    if (is_wide(block)) [[unlikely]] {
      return wide_[block.clock].clock + wide_[block.clock].length;
    }
    return Clock{block.clock} + block.length;
  }

  [[nodiscard]] LocalId id(BlockIndex index) const noexcept {
    return {client(index), clock(index)};
  }

  [[nodiscard]] LocalId last_id(BlockIndex index) const noexcept {
    return {client(index), end(index) - 1};
  }

  [[nodiscard]] LocalId origin(BlockIndex index) const noexcept {
    const Block& block = base_[index];
    if (is_wide(block)) [[unlikely]] {
      return wide_[block.clock].origin;
    }
    return narrow_id(block.origin_client, block.origin_clock);
  }

  [[nodiscard]] LocalId right_origin(BlockIndex index) const noexcept {
    const Block& block = base_[index];
    if (is_wide(block)) [[unlikely]] {
      return wide_[block.clock].right_origin;
    }
    return narrow_id(block.right_origin_client, block.right_origin_clock);
  }

  [[nodiscard]] bool is_deleted(BlockIndex index) const noexcept {
    return (base_[index].flags & block_flag::kDeleted) != 0;
  }

  void set_length(BlockIndex index, Clock length);

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  static bool is_wide(const Block& block) noexcept {
    return (block.flags & block_flag::kWide) != 0;
  }

  static LocalId narrow_id(std::uint16_t client, std::uint32_t clock) noexcept {
    return {client == kNarrowNone ? kNone : ClientIndex{client}, clock};
  }

  static bool fits(const BlockIds& ids) noexcept;
  std::uint32_t add_wide(const BlockIds& ids);
  void put(Block& block, const BlockIds& ids);

  std::vector<Block, LargeAllocator<Block>> blocks_;
  Block* base_{nullptr};
  BlockIndex free_head_{kNone};
  std::size_t free_count_{0};
  std::vector<BlockIds> wide_;
  std::vector<std::uint32_t> free_wide_;
};

}  // namespace ycpp
