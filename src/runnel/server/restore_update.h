// Bringing an earlier content of a document back, as undo does: by new edits on top of everything
// that has happened since, so that no replica loses anything and all converge. Pure.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "ycpp/id.h"

namespace runnel::server {

// The update (V1) after which a document with the full state `current` has the content of `target`:
// what came since is deleted, what was deleted since is inserted again. Edits that reach the
// document later merge as always. Empty when both show the same. `target` need not be an earlier
// state of the same document: what it has and `current` lacks comes along.
//
// Malformed when `target` cannot be read.
[[nodiscard]] Result<Bytes> restore_update(ByteView current, ByteView target,
                                           ycpp::ClientId client);

}  // namespace runnel::server
