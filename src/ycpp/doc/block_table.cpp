#include "ycpp/doc/block_table.h"

#include "base/check.h"

#include <algorithm>

namespace ycpp {

namespace {

// What no client becomes in 16 bits is again no client.
bool fits_narrow(ClientIndex client) noexcept { return client < kNarrowNone || client == kNone; }

}  // namespace

inline bool BlockTable::fits(const BlockIds& ids) noexcept {
  const Clock clocks = (ids.clock + ids.length) | ids.origin.clock | ids.right_origin.clock;
  return clocks <= kNarrowClockMax && ids.client < kNarrowNone && fits_narrow(ids.origin.client) &&
         fits_narrow(ids.right_origin.client);
}

inline void BlockTable::put(Block& block, const BlockIds& ids) {
  block.left = kNone;
  block.right = kNone;
  block.parent = kNone;
  block.content = 0;
  block.kind = BlockKind::Gc;
  block.flags = 0;
  if (!fits(ids)) [[unlikely]] {
    block.clock = add_wide(ids);
    block.flags = block_flag::kWide;
    return;
  }
  block.client = static_cast<std::uint16_t>(ids.client);
  block.clock = static_cast<std::uint32_t>(ids.clock);
  block.length = static_cast<std::uint32_t>(ids.length);
  block.origin_client = static_cast<std::uint16_t>(ids.origin.client);
  block.origin_clock = static_cast<std::uint32_t>(ids.origin.clock);
  block.right_origin_client = static_cast<std::uint16_t>(ids.right_origin.client);
  block.right_origin_clock = static_cast<std::uint32_t>(ids.right_origin.clock);
}

BlockIndex BlockTable::create(const BlockIds& ids) {
  BlockIndex index = free_head_;
  if (index != kNone) {
    free_head_ = base_[index].right;
    --free_count_;
  } else {
    if (blocks_.size() == blocks_.capacity()) {
      constexpr std::size_t kStep = 16;
      blocks_.reserve(blocks_.size() + std::max(kStep, blocks_.size() / 4));
    }
    index = static_cast<BlockIndex>(blocks_.size());
    RUNNEL_CHECK(index != kNone);
    blocks_.emplace_back();
    base_ = blocks_.data();
  }
  put(base_[index], ids);
  return index;
}

void BlockTable::free(BlockIndex index) {
  Block& block = base_[index];
  if (is_wide(block)) free_wide_.push_back(block.clock);
  block.kind = BlockKind::Gc;
  block.flags = 0;
  block.length = 0;
  block.right = free_head_;
  free_head_ = index;
  ++free_count_;
}

void BlockTable::reserve(std::size_t count) {
  const std::size_t wanted = blocks_.size() + count;
  if (wanted <= blocks_.capacity()) return;
  // A document that grows by small updates keeps its geometric growth.
  blocks_.reserve(blocks_.empty() ? wanted : std::max(wanted, blocks_.size() + blocks_.size() / 4));
  base_ = blocks_.data();
}

void BlockTable::set_length(BlockIndex index, Clock length) {
  Block& block = base_[index];
  if (is_wide(block)) [[unlikely]] {
    wide_[block.clock].length = length;
    return;
  }
  if (length > kNarrowClockMax || block.clock + length > kNarrowClockMax) [[unlikely]] {
    const BlockIds ids{client(index), block.clock, length, origin(index), right_origin(index)};
    block.clock = add_wide(ids);
    block.flags |= block_flag::kWide;
    return;
  }
  block.length = static_cast<std::uint32_t>(length);
}

std::size_t BlockTable::memory_bytes() const noexcept {
  return blocks_.capacity() * sizeof(Block) + wide_.capacity() * sizeof(BlockIds) +
         free_wide_.capacity() * sizeof(std::uint32_t);
}

std::uint32_t BlockTable::add_wide(const BlockIds& ids) {
  if (!free_wide_.empty()) {
    const std::uint32_t position = free_wide_.back();
    free_wide_.pop_back();
    wide_[position] = ids;
    return position;
  }
  wide_.push_back(ids);
  return static_cast<std::uint32_t>(wide_.size() - 1);
}

}  // namespace ycpp
