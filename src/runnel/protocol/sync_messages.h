// The binary messages of y-protocols, which all dialects share. ycpp/sync/sync_message.h reads and
// writes them; here is what of them a server tells apart.
#pragma once

#include "runnel/protocol/message.h"

#include "base/result.h"

namespace runnel::protocol {

// Sync and awareness messages and the query for awareness; everything else comes back as
// UnknownBinary, also what clients are told about their rights, which nobody sends to a server.
[[nodiscard]] Result<ClientMessage> decode_binary(ByteView payload);

}  // namespace runnel::protocol
