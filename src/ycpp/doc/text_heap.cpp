#include "ycpp/doc/text_heap.h"

#include "base/check.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ycpp {

namespace {

constexpr std::size_t kNoChunk = static_cast<std::size_t>(-1);

}  // namespace

inline HeapAddress TextHeap::take(Chunk& chunk, std::size_t count) {
  if (chunk.used + count > chunk.capacity) {
    resize_chunk(chunk, std::min(chunk.limit, std::max(chunk.used + count, chunk.capacity * 2)));
  }
  const std::size_t address =
      (static_cast<std::size_t>(chunk.first_page) << kPageBits) + chunk.used;
  chunk.used += count;
  used_ += count;
  return static_cast<HeapAddress>(address);
}

HeapAddress TextHeap::allocate(std::size_t count) {
  if (current_ == kNoChunk ||
      chunks_.data()[current_].used + count > chunks_.data()[current_].limit) [[unlikely]] {
    return allocate_in_new_chunk(count);
  }
  return take(chunks_.data()[current_], count);
}

HeapAddress TextHeap::allocate_in_new_chunk(std::size_t count) {
  if (count > kLargeBytes) {
    const std::size_t keep = current_;
    Chunk& own = add_chunk(count, count);
    if (keep != kNoChunk && chunks_[keep].used < chunks_[keep].limit) current_ = keep;
    return take(own, count);
  }
  add_chunk(std::max(count, pages_.empty() ? kFirstChunkBytes : kLargeBytes), kPageBytes - 1);
  return take(chunks_[current_], count);
}

bool TextHeap::extend(HeapAddress end, std::size_t count) {
  if (current_ == kNoChunk) return false;
  Chunk& chunk = chunks_[current_];
  const std::size_t tail = (static_cast<std::size_t>(chunk.first_page) << kPageBits) + chunk.used;
  if (end != tail || chunk.used + count > chunk.limit) return false;
  take(chunk, count);
  return true;
}

void TextHeap::reserve(std::size_t count) {
  if (count == 0) return;
  if (current_ != kNoChunk) {
    Chunk& chunk = chunks_[current_];
    if (chunk.used + count <= chunk.limit) {
      if (chunk.used + count > chunk.capacity) resize_chunk(chunk, chunk.used + count);
      return;
    }
  }
  add_chunk(count, count);
}

void TextHeap::shrink() {
  if (current_ == kNoChunk) return;
  Chunk& chunk = chunks_[current_];
  if (chunk.used < chunk.capacity && chunk.used > 0) resize_chunk(chunk, chunk.used);
}

bool TextHeap::can_hold(std::size_t count) const noexcept {
  // Half of the address space is kept for what is abandoned between two rebuilds.
  constexpr std::size_t kBytesMax = std::size_t{1} << 31U;
  return pages_.size() * kPageBytes + count < kBytesMax;
}

std::size_t TextHeap::memory_bytes() const noexcept {
  std::size_t total = pages_.capacity() * sizeof(pages_[0]) + chunks_.capacity() * sizeof(Chunk);
  for (const Chunk& chunk : chunks_) total += chunk.capacity;
  return total;
}

TextHeap::Chunk& TextHeap::add_chunk(std::size_t capacity, std::size_t limit) {
  // The last byte of its pages is never used: what ends in one chunk and what starts in the next
  // one must not look as if they stood side by side.
  const std::size_t page_count = limit / kPageBytes + 1;
  RUNNEL_CHECK(pages_.size() + page_count <= (std::size_t{1} << (32 - kPageBits)));
  Chunk chunk;
  chunk.data = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
  chunk.first_page = static_cast<std::uint32_t>(pages_.size());
  chunk.capacity = capacity;
  chunk.limit = page_count * kPageBytes - 1;
  for (std::size_t page = 0; page < page_count; ++page) {
    pages_.push_back(chunk.data.get() + page * kPageBytes);
  }
  current_ = chunks_.size();
  chunks_.push_back(std::move(chunk));
  return chunks_.back();
}

void TextHeap::resize_chunk(Chunk& chunk, std::size_t capacity) {
  auto data = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
  std::memcpy(data.get(), chunk.data.get(), chunk.used);
  chunk.data = std::move(data);
  chunk.capacity = capacity;
  const std::size_t page_count = chunk.limit / kPageBytes + 1;
  for (std::size_t page = 0; page < page_count; ++page) {
    pages_[chunk.first_page + page] = chunk.data.get() + page * kPageBytes;
  }
}

}  // namespace ycpp
