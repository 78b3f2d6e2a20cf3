// What an update holds beyond a state vector, without a document.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/state_vector.h"

namespace ycpp {

// The structs of `update` that a replica at `state_vector` lacks, the first of each client cut
// where the replica stands, and the whole delete set. Bytes equal Yjs's diffUpdate and
// diffUpdateV2.
[[nodiscard]] Result<Bytes> diff_update(ByteView update, const StateVector& state_vector,
                                        UpdateFormat format = UpdateFormat::V1);

// The same with the state vector encoded.
[[nodiscard]] Result<Bytes> diff_update(ByteView update, ByteView state_vector,
                                        UpdateFormat format = UpdateFormat::V1);

}  // namespace ycpp
