// Brings what an update could not integrate together with what waits already.
//
// Two replicas may hold different structs for the same units (one has collected what the other has
// not), and which of them is kept follows in Yjs from the order in which mergeUpdates meets them.
// So the same merge is made here where they meet, as long as what waits is small; beyond, where
// merging everything with every update would be quadratic, the one that came first is kept.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/doc/pending.h"

#include <utility>
#include <vector>

namespace ycpp {

using PendingRun = std::pair<ClientIndex, PendingStructs::Run>;

// Empties `runs`. `scratch` is memory to decode into.
void add_pending(BlockStore& store, PendingStructs& pending, std::vector<PendingRun>& runs,
                 IncomingUpdate& scratch);

// What waits and is not part of the document, as one update without deletions.
[[nodiscard]] Bytes encode_pending(const BlockStore& store, const PendingStructs& pending,
                                   UpdateFormat format);

}  // namespace ycpp
