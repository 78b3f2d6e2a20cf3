// Takes an update V2 apart, into the same form as V1.
#pragma once

#include "ycpp/doc/incoming.h"
#include "ycpp/encoding/struct_reader.h"

namespace ycpp {

// As decode_update_v1(), from a reader of that many bytes. `update` points into `reader` and into
// what it reads.
Result<void> decode_update_v2(StructReaderV2& reader, std::size_t update_bytes, BlockStore& store,
                              IncomingUpdate& update);

}  // namespace ycpp
