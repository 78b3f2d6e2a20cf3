#include "ycpp/types/list_edit.h"

#include "base/check.h"
#include "ycpp/doc/position_index.h"

#include <memory>
#include <vector>

namespace ycpp::edit {

namespace {

// Whether Yjs packs the value into one block with its neighbours.
bool is_packed(const Content& content) noexcept {
  return content.as_any() != nullptr && content.as_any()->as_bytes() == nullptr;
}

// An index of places takes memory for every block of the document, so short lists do without.
constexpr Clock kIndexedFrom = 256;

// The index of a long list, made on first use; nullptr for a short one.
PositionIndex* positions_of(BlockStore& store, TypeIndex type) {
  TypeNode& node = store.types[type];
  if (node.length < kIndexedFrom) return node.positions.get();
  if (!node.positions) node.positions = std::make_unique<PositionIndex>(store, node.start);
  return node.positions.get();
}

// The visible block in which `index` falls, or that ends there; kNone for index 0.
BlockIndex block_before(Edit& edit, TypeIndex type, Clock index) {
  if (index == 0) return kNone;
  const BlockStore& store = edit.store;
  if (const PositionIndex* positions = positions_of(edit.store, type); positions != nullptr) {
    const PositionIndex::Place place = positions->find(index - 1);
    cut(edit, place.block, place.offset + 1);
    return place.block;
  }
  for (BlockIndex block = store.types[type].start; block != kNone;
       block = store.blocks[block].right) {
    if (!is_visible(store, block)) continue;
    const Clock length = store.blocks.length(block);
    if (index <= length) {
      cut(edit, block, index);
      return block;
    }
    index -= length;
  }
  RUNNEL_CHECK(false);
}

}  // namespace

void insert_after(Edit& edit, TypeIndex type, BlockIndex left, std::span<const Content> items) {
  const BlockIndex right =
      left == kNone ? edit.store.types[type].start : edit.store.blocks[left].right;
  std::vector<const Any*> values;
  const auto pack = [&] {
    if (values.empty()) return;
    left = insert_any_block(edit, {.parent = type, .left = left, .right = right}, values);
    values.clear();
  };
  for (const Content& content : items) {
    if (is_packed(content)) {
      values.push_back(content.as_any());
      continue;
    }
    pack();
    left = insert_content_block(edit, {.parent = type, .left = left, .right = right}, content);
  }
  pack();
}

void insert_at(Edit& edit, TypeIndex type, Clock index, std::span<const Content> items) {
  insert_after(edit, type, block_before(edit, type, index), items);
}

void push_back(Edit& edit, TypeIndex type, std::span<const Content> items) {
  BlockIndex last = edit.store.types[type].start;
  while (last != kNone && edit.store.blocks[last].right != kNone) {
    last = edit.store.blocks[last].right;
  }
  insert_after(edit, type, last, items);
}

Clock delete_range(Edit& edit, TypeIndex type, Clock index, Clock length) {
  const BlockStore& store = edit.store;
  const BlockIndex before = block_before(edit, type, index);
  BlockIndex block = before == kNone ? store.types[type].start : store.blocks[before].right;
  for (; block != kNone && length > 0; block = store.blocks[block].right) {
    if (is_deleted(store, block)) continue;
    if (length < store.blocks.length(block)) cut(edit, block, length);
    length -= store.blocks.length(block);
    edit.integrator.remove(block);
  }
  return length;
}

UnitPlace find_unit(BlockStore& store, TypeIndex type, Clock index) {
  if (const PositionIndex* positions = positions_of(store, type); positions != nullptr) {
    const PositionIndex::Place place = positions->find(index);
    return {place.block, place.offset};
  }
  for (BlockIndex block = store.types[type].start; block != kNone;
       block = store.blocks[block].right) {
    if (!is_visible(store, block)) continue;
    const Clock length = store.blocks.length(block);
    if (index < length) return {block, index};
    index -= length;
  }
  return {};
}

}  // namespace ycpp::edit
