// Takes an update V1 apart. Layout: docs/formats/updates.md.
#pragma once

#include "ycpp/doc/incoming.h"
#include "ycpp/id.h"

namespace ycpp {

// Checks every byte and fills `update`. Clients that the store does not know yet are entered into
// its table; that is all that changes there.
//
// Fails with Malformed (and the byte) for anything that Yjs could not read or that cannot be meant:
// truncation, text that is not UTF-8, JSON that is none, unknown kinds, a reference to a unit of
// the same client that does not come before, numbers above 2^53 - 1. Bytes behind the delete set
// are ignored, as Yjs does.
Result<void> decode_update_v1(ByteView bytes, BlockStore& store, IncomingUpdate& update);

}  // namespace ycpp
