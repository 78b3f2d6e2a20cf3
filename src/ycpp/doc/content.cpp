// What the contents of blocks are made of: how long they are in the heap, where a cut falls, how
// two become one.
//
//   String   WTF-8, `length` UTF-16 units
//   Any      `length` any values
//   Json     `length` { varuint bytes, JSON text }
//   Binary   varuint bytes, bytes
//   Embed    value                      value := u8 form (0 JSON text, 1 any), varuint bytes, bytes
//   Format   varuint bytes, key; value
#include "ycpp/doc/block_store.h"
#include "ycpp/doc/value_walk.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/utf.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace ycpp {

namespace {

bool is_wtf8_surrogate(const std::uint8_t* bytes, std::uint8_t from, std::uint8_t to) noexcept {
  constexpr std::uint8_t kLead = 0xED;
  return bytes[0] == kLead && bytes[1] >= from && bytes[1] <= to;
}

bool ends_in_high_surrogate(ByteView text) noexcept {
  constexpr std::size_t kBytes = 3;
  return text.size() >= kBytes && is_wtf8_surrogate(text.data() + text.size() - kBytes, 0xA0, 0xAF);
}

bool starts_with_low_surrogate(ByteView text) noexcept {
  constexpr std::size_t kBytes = 3;
  return text.size() >= kBytes && is_wtf8_surrogate(text.data(), 0xB0, 0xBF);
}

}  // namespace

std::size_t BlockStore::content_bytes(BlockIndex index) const noexcept {
  const Block& block = blocks[index];
  if (block.kind == BlockKind::String && (block.flags & block_flag::kUnicode) == 0) {
    return static_cast<std::size_t>(blocks.length(index));
  }
  const ClientRecord& record = clients.data()[blocks.client(index)];
  if (record.tail_block == index) return record.tail_end - block.content;
  switch (block.kind) {
    case BlockKind::String:
      return walk::text_bytes(heap.at(block.content), blocks.length(index));
    case BlockKind::Any:
      return walk::any_bytes(heap.at(block.content), blocks.length(index));
    case BlockKind::Json:
      return walk::json_bytes(heap.at(block.content), blocks.length(index));
    case BlockKind::Binary:
      return walk::var_bytes(heap.at(block.content));
    case BlockKind::Embed:
      return walk::value_bytes(heap.at(block.content));
    case BlockKind::Format: {
      const std::size_t key = walk::var_bytes(heap.at(block.content));
      return key + walk::value_bytes(heap.at(block.content) + key);
    }
    case BlockKind::Gc:
    case BlockKind::Deleted:
    case BlockKind::Type:
    case BlockKind::Doc:
    case BlockKind::Skip:
      return 0;
  }
  return 0;
}

ByteView BlockStore::content_view_from(BlockIndex index, Clock units) const noexcept {
  const Block& block = blocks[index];
  const std::uint8_t* const begin = heap.at(block.content);
  const std::size_t total = content_bytes(index);
  std::size_t skipped = 0;
  if (block.kind == BlockKind::Any) {
    skipped = walk::any_bytes(begin, units);
  } else if (block.kind == BlockKind::Json) {
    skipped = walk::json_bytes(begin, units);
  } else {
    skipped = (block.flags & block_flag::kUnicode) == 0 ? static_cast<std::size_t>(units)
                                                        : walk::text_bytes(begin, units);
  }
  return {begin + skipped, total - skipped};
}

HeapAddress BlockStore::add_content(ByteView bytes) {
  const HeapAddress address = heap.allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(heap.at(address), bytes.data(), bytes.size());
  return address;
}

HeapAddress BlockStore::add_binary(ByteView bytes) {
  ByteWriter writer;
  writer.var_bytes(bytes);
  return add_content(writer.view());
}

HeapAddress BlockStore::add_value(std::string_view key, bool has_key, ValueForm form,
                                  ByteView value) {
  ByteWriter writer;
  if (has_key) writer.var_string(key);
  writer.u8(static_cast<std::uint8_t>(form));
  writer.var_bytes(value);
  return add_content(writer.view());
}

void BlockStore::release_content(BlockIndex index) noexcept {
  ClientRecord& record = clients[blocks.client(index)];
  heap.release(content_bytes(index));
  if (record.tail_block == index) {
    heap.release(record.tail_spare);
    record.tail_block = kNone;
  }
}

void BlockStore::split_content(BlockIndex left, BlockIndex right, Clock units) {
  const Block& a = blocks[left];
  Block& b = blocks[right];
  switch (a.kind) {
    case BlockKind::String:
      split_text(left, right, units);
      return;
    case BlockKind::Any:
      b.content = a.content + static_cast<HeapAddress>(walk::any_bytes(heap.at(a.content), units));
      return;
    case BlockKind::Json:
      b.content = a.content + static_cast<HeapAddress>(walk::json_bytes(heap.at(a.content), units));
      return;
    case BlockKind::Gc:
    case BlockKind::Deleted:
    case BlockKind::Binary:
    case BlockKind::Embed:
    case BlockKind::Format:
    case BlockKind::Type:
    case BlockKind::Doc:
    case BlockKind::Skip:
      return;
  }
}

// A cut inside a surrogate pair, or behind the first half of one that was never completed, leaves
// U+FFFD on both sides and never heals, as in Yjs; only an update that is refused is taken back.
void BlockStore::split_text(BlockIndex left, BlockIndex right, Clock units) {
  const Block& a = blocks[left];
  Block& b = blocks[right];
  if ((a.flags & block_flag::kUnicode) == 0) {
    b.content = a.content + static_cast<HeapAddress>(units);
    return;
  }
  const ByteView whole = content_view(left);
  const Utf16Position cut = find_utf16(runnel::as_text(whole), units);
  const bool behind_half = !cut.in_pair && ends_in_high_surrogate(whole.first(cut.byte));
  if (!cut.in_pair && !behind_half) {
    b.content = a.content + static_cast<HeapAddress>(cut.byte);
    return;
  }
  const std::string_view units_before = runnel::as_text(whole);
  damaging_cuts.push_back({.behind = blocks.id(right),
                           .last_unit = slice_utf16(units_before, units - 1, units),
                           .next_unit = slice_utf16(units_before, units, units + 1)});
  std::string text(kReplacement);
  text +=
      slice_utf16(runnel::as_text(whole), units + 1, blocks.length(left) + blocks.length(right));
  const std::size_t damaged = cut.in_pair ? cut.byte : cut.byte - kReplacement.size();
  heap.release(whole.size() - damaged - kReplacement.size());
  std::memcpy(heap.at(a.content) + damaged, kReplacement.data(), kReplacement.size());
  b.content = add_content(runnel::as_bytes(text));
}

void BlockStore::mend_cut(BlockIndex left, BlockIndex right, const DamagingCut& cut) {
  std::string before(runnel::as_text(content_view(left)));
  before.resize(before.size() - kReplacement.size());
  append_wtf8(before, cut.last_unit);
  std::string behind = cut.next_unit;
  append_wtf8(behind, runnel::as_text(content_view(right)).substr(kReplacement.size()));
  release_content(left);
  release_content(right);
  blocks[left].content = add_content(runnel::as_bytes(before));
  blocks[right].content = add_content(runnel::as_bytes(behind));
}

// Two halves of a pair that come to stand side by side are one character again, four bytes instead
// of six. Only a text that was cut on the wire (format V2 can) has them.
bool BlockStore::join_surrogates(BlockIndex left, BlockIndex right) {
  const ByteView a = content_view(left);
  const ByteView b = content_view(right);
  if (!ends_in_high_surrogate(a) || !starts_with_low_surrogate(b)) return false;
  std::string text(runnel::as_text(a));
  append_wtf8(text, runnel::as_text(b));
  release_content(left);
  release_content(right);
  blocks[left].content = add_content(runnel::as_bytes(text));
  return true;
}

void BlockStore::merge_content(BlockIndex left, BlockIndex right) {
  const BlockKind kind = blocks[left].kind;
  if (kind == BlockKind::Deleted) return;
  const bool unicode = (blocks[left].flags & blocks[right].flags & block_flag::kUnicode) != 0;
  if (kind == BlockKind::String && unicode && join_surrogates(left, right)) return;
  ClientRecord& record = clients[blocks.client(left)];
  const std::size_t left_bytes = content_bytes(left);
  const std::size_t right_bytes = content_bytes(right);
  const HeapAddress end = blocks[left].content + static_cast<HeapAddress>(left_bytes);
  if (end == blocks[right].content) {
    if (record.tail_block == right) {
      record.tail_block = left;
      return;
    }
    // Where the end is found by walking, it is kept: a list that grows by one value at a time would
    // be walked for each.
    record.tail_block = left;
    record.tail_end = end + static_cast<HeapAddress>(right_bytes);
    record.tail_spare = 0;
    return;
  }
  std::uint8_t* const place = extend_content(left, left_bytes, right_bytes);
  std::memcpy(place, heap.at(blocks[right].content), right_bytes);
  if (record.tail_block == right) record.tail_block = kNone;
  heap.release(right_bytes);
}

// Makes the content of a block `more` bytes longer, moving it when it must; returns where the new
// bytes go. Afterwards the block is the tail block of its client.
std::uint8_t* BlockStore::extend_content(BlockIndex index, std::size_t bytes, std::size_t more) {
  ClientRecord& record = clients[blocks.client(index)];
  const HeapAddress end = blocks[index].content + static_cast<HeapAddress>(bytes);
  const bool is_tail = record.tail_block == index && record.tail_end == end;
  if (is_tail && record.tail_spare >= more) {
    record.tail_end += static_cast<HeapAddress>(more);
    record.tail_spare -= static_cast<std::uint32_t>(more);
    return heap.at(end);
  }
  // Growing by half bounds the copying, and little is to lie idle behind each of many writers'
  // texts. A long text grows by a quarter all the same: by a fixed number of bytes, what is copied
  // and left behind while it is typed would be the square of its length.
  constexpr std::size_t kSpareMin = 16;
  constexpr std::size_t kSpareMax = 2048;
  const std::size_t grown = bytes + more;
  const std::size_t spare = std::max(std::clamp(grown / 2, kSpareMin, kSpareMax), grown / 4);
  if ((!is_tail || record.tail_spare == 0) && heap.extend(end, more)) {
    record.tail_block = index;
    record.tail_end = end + static_cast<HeapAddress>(more);
    record.tail_spare = 0;
    return heap.at(end);
  }
  const HeapAddress moved = heap.allocate(bytes + more + spare);
  std::memcpy(heap.at(moved), heap.at(blocks[index].content), bytes);
  heap.release(bytes + (is_tail ? record.tail_spare : 0));
  blocks[index].content = moved;
  record.tail_block = index;
  record.tail_end = moved + static_cast<HeapAddress>(bytes + more);
  record.tail_spare = static_cast<std::uint32_t>(spare);
  return heap.at(moved) + bytes;
}

void BlockStore::append_text(BlockIndex index, ByteView text, Clock units, bool unicode) {
  std::uint8_t* const place = extend_content(index, content_bytes(index), text.size());
  std::memcpy(place, text.data(), text.size());
  if (unicode) blocks[index].flags |= block_flag::kUnicode;
  blocks.set_length(index, blocks.length(index) + units);
}

void BlockStore::compact_heap_if_worthwhile() {
  constexpr std::size_t kIgnored = 4096;
  if (heap.garbage() > kIgnored + heap.used() / 2) compact_heap();
}

void BlockStore::compact_heap() {
  TextHeap fresh;
  fresh.reserve(heap.used() - heap.garbage());
  for (ClientRecord& record : clients) {
    if (record.list.empty()) continue;
    record.tail_block = kNone;
    for (std::uint32_t leaf = 0; leaf < record.list.leaf_count(); ++leaf) {
      for (const BlockIndex index : record.list.leaf(leaf)) {
        const ByteView content = content_view(index);
        if (content.empty()) continue;
        const HeapAddress address = fresh.allocate(content.size());
        std::memcpy(fresh.at(address), content.data(), content.size());
        blocks[index].content = address;
      }
    }
  }
  heap = std::move(fresh);
}

}  // namespace ycpp
