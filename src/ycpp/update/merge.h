// Several updates into one, without a document. O(n log m) in the structs n of m updates.
#pragma once

#include "ycpp/delete_set.h"

#include <span>

namespace ycpp {

// Bytes equal Yjs's mergeUpdates and mergeUpdatesV2: structs are put in order and repetitions
// dropped, gaps become Skips, and hardly anything is joined. One update alone comes back as it is.
[[nodiscard]] Result<Bytes> merge_updates(std::span<const ByteView> updates,
                                          UpdateFormat format = UpdateFormat::V1);

// The same content in fewer structs: neighbours that any document would join are joined, and map
// entries keep the mark that they are, which Yjs drops. A document integrates the result to the
// same state as the updates themselves. For logs that are folded.
[[nodiscard]] Result<Bytes> merge_updates_compact(std::span<const ByteView> updates,
                                                  UpdateFormat format = UpdateFormat::V1);

}  // namespace ycpp
