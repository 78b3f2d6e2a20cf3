// The dialect of y-websocket 3.x: binary messages only. Its client throws on text, so nothing but
// binary is ever sent to it, and control messages (type 120) only when its URL said `runnel=1`.
#pragma once

#include "runnel/protocol/codec.h"

namespace runnel::protocol {

class YWebsocketCodec final : public Codec {
 public:
  explicit YWebsocketCodec(const CodecOptions& options)
      : control_messages_(options.control_messages) {}

  Result<ClientMessage> decode(PayloadKind kind, ByteView payload) override;

  [[nodiscard]] Dialect dialect() const override { return Dialect::YWebsocket; }

  [[nodiscard]] std::size_t buffered_bytes() const override { return 0; }

  [[nodiscard]] Outgoing encode_control(std::string_view json) const override;
  [[nodiscard]] Outgoing encode_custom(std::string_view text) const override;

 private:
  [[nodiscard]] Result<ClientMessage> decode_control(ByteView payload) const;

  bool control_messages_;
};

}  // namespace runnel::protocol
