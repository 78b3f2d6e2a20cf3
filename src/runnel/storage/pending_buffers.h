// The buffers in which entries of rooms wait for their fold. They all grow from some hundred bytes
// to some thousand and are given back at the fold, so one that is given back here soon serves
// another room; malloc took a tenth of the writer's time over sorting them.
//
// Owned by StoreEngine, on the writer's thread.
#pragma once

#include "base/bytes.h"

#include <array>
#include <cstddef>
#include <vector>

namespace runnel::storage {

class PendingBuffers {
 public:
  // Makes room for `more` bytes behind those that the buffer holds.
  void reserve(Bytes& buffer, std::size_t more);

  void give_back(Bytes buffer);

 private:
  // Sizes from 256 bytes to 64 KB, each twice the one before.
  static constexpr std::size_t kSizes = 9;

  // Null when the buffer is none of these sizes.
  std::vector<Bytes>* spare_of(std::size_t size);

  std::array<std::vector<Bytes>, kSizes> spare_;
};

}  // namespace runnel::storage
