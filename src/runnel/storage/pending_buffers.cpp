#include "runnel/storage/pending_buffers.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace runnel::storage {

namespace {

constexpr std::size_t kSmallestBytes = 256;

// Of each size; what is given back above it is freed.
constexpr std::size_t kSpareBytesMax = std::size_t{512} * 1024;

}  // namespace

std::vector<Bytes>* PendingBuffers::spare_of(std::size_t size) {
  if (size < kSmallestBytes || !std::has_single_bit(size)) return nullptr;
  const auto index = static_cast<std::size_t>(std::countr_zero(size / kSmallestBytes));
  return index < spare_.size() ? &spare_.at(index) : nullptr;
}

void PendingBuffers::reserve(Bytes& buffer, std::size_t more) {
  const std::size_t needed = buffer.size() + more;
  if (needed <= buffer.capacity()) return;
  const std::size_t size = std::bit_ceil(std::max(needed, kSmallestBytes));
  Bytes larger;
  std::vector<Bytes>* spare = spare_of(size);
  if (spare != nullptr && !spare->empty()) {
    larger = std::move(spare->back());
    spare->pop_back();
  } else {
    larger.reserve(size);
  }
  larger.assign(buffer.begin(), buffer.end());
  give_back(std::exchange(buffer, std::move(larger)));
}

void PendingBuffers::give_back(Bytes buffer) {
  std::vector<Bytes>* spare = spare_of(buffer.capacity());
  if (spare == nullptr || (spare->size() + 1) * buffer.capacity() > kSpareBytesMax) return;
  buffer.clear();
  spare->push_back(std::move(buffer));
}

}  // namespace runnel::storage
