// The binary messages of y-protocols, which all dialects share:
//
//   message   = varuint type, body         trailing bytes are ignored, as every peer does
//   sync      = 0, varuint subtype, buffer     subtype 0 SyncStep1, 1 SyncStep2, 2 Update
//   awareness = 1, buffer
//   auth      = 2, …                           nobody sends it to a server
//   query     = 3
#pragma once

#include "runnel/protocol/message.h"

#include "base/result.h"

namespace runnel::protocol {

inline constexpr std::uint64_t kSyncType = 0;
inline constexpr std::uint64_t kAwarenessType = 1;
inline constexpr std::uint64_t kQueryAwarenessType = 3;

// Everything but those four comes back as UnknownBinary; an unknown sync subtype is Malformed.
[[nodiscard]] Result<ClientMessage> decode_binary(ByteView payload);

}  // namespace runnel::protocol
