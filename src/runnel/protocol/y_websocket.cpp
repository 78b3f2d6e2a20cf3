#include "runnel/protocol/y_websocket.h"

#include "runnel/protocol/control.h"
#include "runnel/protocol/sync_messages.h"

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"

namespace runnel::protocol {

Result<ClientMessage> YWebsocketCodec::decode(PayloadKind kind, ByteView payload) {
  if (kind == PayloadKind::Text) return ClientMessage(UnknownText{as_text(payload)});
  if (control_messages_ && !payload.empty() && payload[0] == kControlMessageType) {
    return decode_control(payload);
  }
  return decode_binary(payload);
}

Result<ClientMessage> YWebsocketCodec::decode_control(ByteView payload) const {
  ycpp::ByteReader reader(payload.subspan(1), payload.data());
  const ByteView body = reader.var_bytes();
  if (!reader.ok()) return std::unexpected(reader.error("control message"));
  const auto control = parse_control(as_text(body));
  if (!control) return fail(Errc::Malformed, "a control message has no type that is known", 1);
  return ClientMessage(*control);
}

Outgoing YWebsocketCodec::encode_control(std::string_view json) const {
  if (!control_messages_) return {};
  ycpp::ByteWriter writer;
  writer.var_uint(kControlMessageType);
  writer.var_string(json);
  return {.kind = PayloadKind::Binary, .bytes = share(writer.to_bytes())};
}

Outgoing YWebsocketCodec::encode_custom(std::string_view /*text*/) const { return {}; }

}  // namespace runnel::protocol
