// Takes the content out of an update and leaves its structure, so that it can be shown to others.
#pragma once

#include "ycpp/delete_set.h"

namespace ycpp {

struct ObfuscateOptions {
  bool formatting{true};  // keys and values of formats
  bool subdocs{true};     // guids and options of subdocuments
  bool yxml{true};        // names of XML elements and hooks
};

// Text becomes digits of the same length, values become numbers, keys become numbers that are the
// same for the same key. Bytes equal Yjs's obfuscateUpdate and obfuscateUpdateV2.
[[nodiscard]] Result<Bytes> obfuscate_update(ByteView update, const ObfuscateOptions& options = {},
                                             UpdateFormat format = UpdateFormat::V1);

}  // namespace ycpp
