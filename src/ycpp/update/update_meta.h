// What an update covers, without a document and without its content.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/state_vector.h"

#include <vector>

namespace ycpp {

// Units of one client that an update speaks of, gaps included.
struct UpdateSpan {
  ClientId client;
  Clock from{0};
  Clock to{0};

  friend bool operator==(const UpdateSpan&, const UpdateSpan&) = default;
};

// One span per client, in the order of the update (Yjs: parseUpdateMeta's `from` and `to`).
[[nodiscard]] Result<std::vector<UpdateSpan>> parse_update_meta(
    ByteView update, UpdateFormat format = UpdateFormat::V1);

// The state vector of a replica that knows this update alone: of each client what follows clock
// zero without a gap. Bytes equal Yjs's encodeStateVectorFromUpdate.
[[nodiscard]] Result<Bytes> encode_state_vector_from_update(ByteView update,
                                                            UpdateFormat format = UpdateFormat::V1);

// The delete set of an update.
[[nodiscard]] Result<DeleteSet> delete_set_of_update(ByteView update,
                                                     UpdateFormat format = UpdateFormat::V1);

}  // namespace ycpp
