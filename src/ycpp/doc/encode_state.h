// Encodes what a replica lacks: the blocks of a document, its delete set, and what still waits.
#pragma once

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/encode_v1.h"
#include "ycpp/doc/pending.h"
#include "ycpp/doc/transaction.h"
#include "ycpp/state_vector.h"

#include <span>

namespace ycpp {

[[nodiscard]] Bytes encode_state_v1(BlockStore& store, const PendingStructs& structs,
                                    const PendingDeletes& deletes, const StateVector& target);

[[nodiscard]] Bytes encode_state_v2(BlockStore& store, const PendingStructs& structs,
                                    const PendingDeletes& deletes, const StateVector& target);

// An update in format V2 of the blocks of these clients and of sorted deletes.
[[nodiscard]] Bytes encode_update_v2(const BlockStore& store, std::span<const EncodeFrom> clients,
                                     std::span<const LocalRange> deletes);

}  // namespace ycpp
