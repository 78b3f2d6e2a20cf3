// Codec: the state of one connection's dialect. It turns WebSocket payloads into typed messages and
// back, holds what a chunked message needs, and knows no socket and no document.
//
// One codec per connection, owned by whoever drives that connection's messages (collab's room), on
// that room's loop.
#pragma once

#include "runnel/protocol/message.h"

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace runnel::protocol {

struct CodecLimits {
  std::size_t message_bytes;  // of one message, also after reassembly
};

class Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  Codec(Codec&&) = delete;
  Codec& operator=(Codec&&) = delete;
  virtual ~Codec() = default;

  // Takes one payload in. The message views into `payload`, or into the codec where it was
  // reassembled from chunks; either way it is valid until the next call. Errors (Malformed,
  // LimitExceeded) leave the codec ready for the next message.
  virtual Result<ClientMessage> decode(PayloadKind kind, ByteView payload) = 0;

  // Which dialect the client speaks, as far as its messages have shown by now.
  [[nodiscard]] virtual Dialect dialect() const = 0;

  // Whether a reassembly is under way; its bytes count towards the connection's memory.
  [[nodiscard]] virtual std::size_t buffered_bytes() const = 0;

  // Wraps a control message (one JSON object) as this client can take it. `bytes` is null where the
  // client must not get any: y-websocket without `runnel=1`.
  [[nodiscard]] virtual Outgoing encode_control(std::string_view json) const = 0;

  // Wraps a message of the application's own (`__YPS:`). `bytes` is null where the dialect has
  // none.
  [[nodiscard]] virtual Outgoing encode_custom(std::string_view text) const = 0;
};

struct CodecOptions {
  Dialect dialect{Dialect::YPartyKit};
  bool control_messages{false};  // the URL said `runnel=1`; PartyKit dialects get them anyway
  CodecLimits limits;
};

// The registry: one row per dialect in codec.cpp.
[[nodiscard]] std::unique_ptr<Codec> create_codec(const CodecOptions& options);

// Outer message type of control messages on y-websocket: unused by every y-protocols peer, which
// logs it at most.
inline constexpr std::uint64_t kControlMessageType = 120;

// Encoders of the binary messages that all dialects share.
[[nodiscard]] SharedBytes encode_sync_step1(ByteView state_vector);
[[nodiscard]] SharedBytes encode_sync_step2(ByteView update);
[[nodiscard]] SharedBytes encode_sync_update(ByteView update);

// `entries` as ycpp/sync encodes them: count and entries.
[[nodiscard]] SharedBytes encode_awareness(ByteView entries);

// `01 01 00`: what keeps clients from giving up on a quiet room.
[[nodiscard]] SharedBytes encode_empty_awareness();

}  // namespace runnel::protocol
