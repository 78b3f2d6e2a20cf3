// The messages that Yjs clients and servers exchange over a connection, as y-protocols and
// y-websocket define them. Bytes to values and back; nothing is applied here. Updates and state
// vectors inside are opaque: always format V1 on these wires.
//
//   message    = varuint type, body             trailing bytes are ignored, as every peer does
//   sync       = 0, varuint subtype, buffer     subtype 0 step 1, 1 step 2, 2 update
//   awareness  = 1, buffer
//   auth       = 2, 0, string                   from servers to clients: permission denied
//   query      = 3
#pragma once

#include "ycpp/id.h"

#include <cstdint>
#include <string_view>
#include <variant>

namespace ycpp {

// First number of a message.
enum class MessageType : std::uint8_t { Sync = 0, Awareness = 1, Auth = 2, QueryAwareness = 3 };

// Second number of a sync message.
enum class SyncType : std::uint8_t { Step1 = 0, Step2 = 1, Update = 2 };

// "This is what I have": asks for the rest.
struct SyncStep1 {
  ByteView state_vector;
};

// Answer to step 1.
struct SyncStep2 {
  ByteView update;
};

// A change as it happens.
struct SyncUpdate {
  ByteView update;
};

struct AwarenessMessage {
  ByteView update;
};

struct PermissionDenied {
  std::string_view reason;
};

struct QueryAwareness {};

// A message of a number that the protocol leaves to others, such as 4 for Hocuspocus or 120 here.
struct OtherMessage {
  std::uint64_t type{0};
  ByteView body;  // all that follows
};

using Message = std::variant<SyncStep1, SyncStep2, SyncUpdate, AwarenessMessage, PermissionDenied,
                             QueryAwareness, OtherMessage>;

// Views into `bytes`. Bytes after a message are ignored, as y-protocols does.
[[nodiscard]] Result<Message> decode_message(ByteView bytes);

[[nodiscard]] Bytes encode_sync_step1(ByteView state_vector);
[[nodiscard]] Bytes encode_sync_step2(ByteView update);
[[nodiscard]] Bytes encode_sync_update(ByteView update);
[[nodiscard]] Bytes encode_awareness_message(ByteView awareness_update);
[[nodiscard]] Bytes encode_permission_denied(std::string_view reason);
[[nodiscard]] Bytes encode_query_awareness();

}  // namespace ycpp
