// Which of the two formats an update is written in.
//
// A V2 update starts with the feature flag 0. A V1 update starts with the number of its clients, so
// with 0 only if it carries nothing but a delete set. The rule and why it is enough are in
// docs/formats/updates.md, section "Telling V1 from V2".
#pragma once

#include "ycpp/delete_set.h"

namespace ycpp {

// The format of an update that Yjs wrote. O(1), except for updates that start with 0, which are
// read through. An error is an update that is neither.
[[nodiscard]] Result<UpdateFormat> recognise_update_format(ByteView update);

// Whether the bytes are a V1 update without structs, exactly as Yjs writes one: the delete set ends
// where the bytes do and encodes to the same bytes again. Other bytes that start with 0 and can be
// read as V2, up to the last of them, are V2.
[[nodiscard]] bool is_canonical_v1_deletes(ByteView update);

}  // namespace ycpp
