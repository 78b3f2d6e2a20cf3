// TextHeap: the bytes of all contents of one document, under 32-bit addresses that never move while
// the heap is not rebuilt. Appending to what was allocated last extends it in place.
//
// Freed bytes are only counted; BlockStore copies what is alive into a new heap when they prevail.
#pragma once

#include "ycpp/id.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ycpp {

using HeapAddress = std::uint32_t;

class TextHeap {
 public:
  TextHeap() = default;
  TextHeap(TextHeap&&) noexcept = default;
  TextHeap& operator=(TextHeap&&) noexcept = default;
  TextHeap(const TextHeap&) = delete;
  TextHeap& operator=(const TextHeap&) = delete;
  ~TextHeap() = default;

  // The bytes at an address, up to the end of what was allocated there. Valid until the next
  // allocation.
  [[nodiscard]] std::uint8_t* at(HeapAddress address) noexcept {
    return pages_.data()[address >> kPageBits] + (address & kPageMask);
  }

  [[nodiscard]] const std::uint8_t* at(HeapAddress address) const noexcept {
    return pages_.data()[address >> kPageBits] + (address & kPageMask);
  }

  // `count` contiguous bytes, not initialised.
  HeapAddress allocate(std::size_t count);

  // Makes [.., end) longer by `count` contiguous bytes if nothing was allocated behind it and there
  // is room.
  bool extend(HeapAddress end, std::size_t count);

  // Room for `count` bytes in one piece, so that the allocations that follow waste nothing.
  void reserve(std::size_t count);

  void release(std::size_t count) noexcept { garbage_ += count; }

  // Gives back what the current chunk has not used.
  void shrink();

  [[nodiscard]] std::size_t garbage() const noexcept { return garbage_; }

  [[nodiscard]] std::size_t used() const noexcept { return used_; }

  // Whether `count` more bytes fit into the 32-bit address space.
  [[nodiscard]] bool can_hold(std::size_t count) const noexcept;

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::uint32_t kPageBits = 16;
  static constexpr std::uint32_t kPageMask = (1U << kPageBits) - 1;
  static constexpr std::size_t kPageBytes = std::size_t{1} << kPageBits;
  static constexpr std::size_t kFirstChunkBytes = 256;
  // Larger ones get a chunk of their own, so that little of the current one is wasted.
  static constexpr std::size_t kLargeBytes = 16 * 1024;

  struct Chunk {
    std::unique_ptr<std::uint8_t[]> data;
    std::uint32_t first_page{0};
    std::size_t capacity{0};
    std::size_t limit{0};  // capacity may grow to this: the pages that it owns, but for one byte
    std::size_t used{0};
  };

  HeapAddress allocate_in_new_chunk(std::size_t count);
  Chunk& add_chunk(std::size_t capacity, std::size_t limit);
  void resize_chunk(Chunk& chunk, std::size_t capacity);
  HeapAddress take(Chunk& chunk, std::size_t count);

  std::vector<std::uint8_t*> pages_;
  std::vector<Chunk> chunks_;
  std::size_t current_{static_cast<std::size_t>(-1)};
  std::size_t used_{0};
  std::size_t garbage_{0};
};

}  // namespace ycpp
