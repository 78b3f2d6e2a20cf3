// Takes back what an update has integrated, so that one that is refused half-way leaves nothing.
#pragma once

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/transaction.h"

#include <cstddef>

namespace ycpp {

// How far the tables reached before the update.
struct RollbackPoint {
  std::size_t types{0};
  std::size_t roots{0};
  std::size_t subdocuments{0};

  [[nodiscard]] static RollbackPoint of(const BlockStore& store) noexcept {
    return {store.types.size(), store.roots.size(), store.subdocuments.size()};
  }
};

// Removes every block that is new in `transaction`, which is not ended yet, and brings back what it
// deleted. Afterwards the transaction has changed nothing; cuts stay its candidates for joining.
void roll_back(BlockStore& store, Transaction& transaction, RollbackPoint point);

}  // namespace ycpp
