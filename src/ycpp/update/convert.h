// From one update format to the other, without a document.
#pragma once

#include "ycpp/delete_set.h"

namespace ycpp {

// Bytes equal Yjs's convertUpdateFormatV1ToV2 and convertUpdateFormatV2ToV1. From V2 to V1, values
// of embeds and formats become JSON; of what JSON lacks, docs/formats/yjs-compatibility.md says
// what becomes.
[[nodiscard]] Result<Bytes> convert_update_format_v1_to_v2(ByteView update);
[[nodiscard]] Result<Bytes> convert_update_format_v2_to_v1(ByteView update);

// The update itself, checked, when both formats are the same.
[[nodiscard]] Result<Bytes> convert_update_format(ByteView update, UpdateFormat from,
                                                  UpdateFormat to);

}  // namespace ycpp
