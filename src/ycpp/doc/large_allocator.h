// LargeAllocator: memory for vectors that may become very large. From some megabytes on it asks the
// system for huge pages. A document of a million blocks touches more than a hundred megabytes for
// the first time while it is loaded, and in small pages that takes a fifth of the whole time.
#pragma once

#include <cstddef>

namespace ycpp {

// `bytes` that are aligned for every type; never nullptr.
[[nodiscard]] void* allocate_large(std::size_t bytes);

// `bytes` as they were asked for.
void free_large(void* memory, std::size_t bytes) noexcept;

template <class T>
struct LargeAllocator {
  using value_type = T;

  LargeAllocator() = default;

  template <class Other>
  explicit LargeAllocator(const LargeAllocator<Other>& /*other*/) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(allocate_large(count * sizeof(T)));
  }

  void deallocate(T* memory, std::size_t count) noexcept { free_large(memory, count * sizeof(T)); }

  friend bool operator==(const LargeAllocator&, const LargeAllocator&) noexcept { return true; }
};

}  // namespace ycpp
