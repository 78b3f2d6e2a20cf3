#include "ycpp/doc/large_allocator.h"

#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace ycpp {

namespace {

// Huge pages of the usual machines. Below two of them there may be none that lies wholly inside.
constexpr std::size_t kHugePage = std::size_t{2} * 1024 * 1024;
constexpr std::size_t kLargeFrom = 2 * kHugePage;

}  // namespace

void* allocate_large(std::size_t bytes) {
  if (bytes < kLargeFrom) return ::operator new(bytes);
  void* const memory = ::operator new(bytes, std::align_val_t{kHugePage});
#ifdef __linux__
  // Only advice: where it is not taken the pages are small ones.
  (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

void free_large(void* memory, std::size_t bytes) noexcept {
  if (bytes < kLargeFrom) {
    ::operator delete(memory);
  } else {
    ::operator delete(memory, std::align_val_t{kHugePage});
  }
}

}  // namespace ycpp
