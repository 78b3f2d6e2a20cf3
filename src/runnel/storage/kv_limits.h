// The bounds of the key-value store, checked by every store in the same words.
#pragma once

#include "runnel/storage/room_store.h"

#include "base/result.h"

#include <vector>

namespace runnel::storage {

// LimitExceeded when a key or a value is over its bound; the sentence says which and by how much.
Result<void> check_kv_limits(const std::vector<KvChange>& changes);

}  // namespace runnel::storage
