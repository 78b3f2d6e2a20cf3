// Takes an update V2 apart, into the same form as V1.
#pragma once

#include "ycpp/doc/incoming.h"
#include "ycpp/encoding/update_decoder.h"
#include "ycpp/id.h"

#include <cstddef>

namespace ycpp {

// As decode_update_v1(), from the columns of an update of that many bytes. `update` points into
// `decoder` and into what it reads.
Result<void> decode_update_v2(UpdateDecoderV2& decoder, std::size_t update_bytes, BlockStore& store,
                              IncomingUpdate& update);

}  // namespace ycpp
