#include "ycpp/types/search_markers.h"

#include "ycpp/doc/block_store.h"

#include <algorithm>
#include <cstddef>

namespace ycpp::edit {

namespace {

constexpr std::size_t kMarkersMax = 80;

bool is_visible(const Block& block) noexcept {
  return (block.flags & block_flag::kDeleted) == 0 && is_countable(block.kind);
}

std::int64_t visible_length(const BlockStore& store, BlockIndex block) noexcept {
  return is_visible(store.blocks[block]) ? static_cast<std::int64_t>(store.blocks.length(block))
                                         : 0;
}

void set_mark(BlockStore& store, BlockIndex block, bool marked) noexcept {
  std::uint8_t& flags = store.blocks[block].flags;
  flags = marked ? static_cast<std::uint8_t>(flags | block_flag::kMarked)
                 : static_cast<std::uint8_t>(flags & ~block_flag::kMarked);
}

bool is_marked(const BlockStore& store, BlockIndex block) noexcept {
  return (store.blocks[block].flags & block_flag::kMarked) != 0;
}

// Whether `left` is written by the same client directly before `block`: then the two may merge, and
// a marker on `block` would be lost.
bool continues(const BlockStore& store, BlockIndex left, BlockIndex block) noexcept {
  return store.blocks.client(left) == store.blocks.client(block) &&
         store.blocks.end(left) == store.blocks.clock(block);
}

}  // namespace

// Of equally near ones the later, as Array.reduce with `<` has it.
SearchMarkers::Marker* SearchMarkers::nearest(std::int64_t index) noexcept {
  Marker* best = nullptr;
  std::int64_t best_distance = 0;
  for (Marker& marker : markers_) {
    const std::int64_t distance =
        marker.index < index ? index - marker.index : marker.index - index;
    if (best == nullptr || distance <= best_distance) {
      best = &marker;
      best_distance = distance;
    }
  }
  return best;
}

std::optional<SearchMarkers::Found> SearchMarkers::find(BlockStore& store, BlockIndex start,
                                                        std::int64_t index,
                                                        std::int64_t sequence_length) {
  if (start == kNone || index == 0) return std::nullopt;
  Marker* const marker = nearest(index);
  BlockIndex block = start;
  std::int64_t at = 0;
  if (marker != nullptr) {
    block = marker->block;
    at = marker->index;
    marker->used = time_++;
  }
  const BlockTable& blocks = store.blocks;
  while (blocks[block].right != kNone && at < index) {
    const std::int64_t length = visible_length(store, block);
    if (length > 0 && index < at + length) break;
    at += length;
    block = blocks[block].right;
  }
  while (blocks[block].left != kNone && at > index) {
    block = blocks[block].left;
    at -= visible_length(store, block);
  }
  while (blocks[block].left != kNone && continues(store, blocks[block].left, block)) {
    block = blocks[block].left;
    at -= visible_length(store, block);
  }
  if (marker != nullptr) {
    const std::int64_t distance = marker->index < at ? at - marker->index : marker->index - at;
    // Yjs compares with a fraction: distance < length / 80.
    if (distance * static_cast<std::int64_t>(kMarkersMax) < sequence_length) {
      overwrite(store, *marker, block, at);
      return Found{block, at};
    }
  }
  return place(store, block, at);
}

void SearchMarkers::overwrite(BlockStore& store, Marker& marker, BlockIndex block,
                              std::int64_t index) {
  set_mark(store, marker.block, false);
  marker.block = block;
  set_mark(store, block, true);
  marker.index = index;
  marker.used = time_++;
}

SearchMarkers::Found SearchMarkers::place(BlockStore& store, BlockIndex block, std::int64_t index) {
  if (markers_.size() >= kMarkersMax) {
    Marker& oldest = *std::ranges::min_element(markers_, {}, &Marker::used);
    overwrite(store, oldest, block, index);
  } else {
    set_mark(store, block, true);
    markers_.push_back({block, index, time_++});
  }
  return {block, index};
}

void SearchMarkers::update(BlockStore& store, std::int64_t index, std::int64_t length) {
  for (std::size_t i = markers_.size(); i-- > 0;) {
    Marker& marker = markers_[i];
    if (length > 0) {
      BlockIndex block = marker.block;
      set_mark(store, block, false);
      while (block != kNone && !is_visible(store.blocks[block])) {
        block = store.blocks[block].left;
        if (block != kNone) marker.index -= visible_length(store, block);
      }
      if (block == kNone || is_marked(store, block)) {
        markers_.erase(markers_.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      marker.block = block;
      set_mark(store, block, true);
    }
    if (index < marker.index || (length > 0 && index == marker.index)) {
      marker.index = std::max(index, marker.index + length);
    }
  }
}

void SearchMarkers::merge(const BlockStore& store, BlockIndex left, BlockIndex right) {
  for (Marker& marker : markers_) {
    if (marker.block != right) continue;
    marker.block = left;
    marker.index -= visible_length(store, left);
  }
}

}  // namespace ycpp::edit
