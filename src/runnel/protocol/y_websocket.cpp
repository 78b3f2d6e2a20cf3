#include "runnel/protocol/y_websocket.h"

#include "runnel/protocol/control.h"
#include "runnel/protocol/sync_messages.h"
#include "runnel/protocol/wire.h"

namespace runnel::protocol {

Result<ClientMessage> YWebsocketCodec::decode(PayloadKind kind, ByteView payload) {
  if (kind == PayloadKind::Text) return ClientMessage(UnknownText{as_text(payload)});
  if (control_messages_ && !payload.empty() && payload[0] == kControlMessageType) {
    return decode_control(payload);
  }
  return decode_binary(payload);
}

Result<ClientMessage> YWebsocketCodec::decode_control(ByteView payload) const {
  WireReader reader(payload.subspan(1));
  const ByteView body = RUNNEL_TRY(reader.read_buffer());
  const auto control = parse_control(as_text(body));
  if (!control) return fail(Errc::Malformed, "a control message has no type that is known", 1);
  return ClientMessage(*control);
}

Outgoing YWebsocketCodec::encode_control(std::string_view json) const {
  if (!control_messages_) return {};
  Bytes out;
  out.reserve(1 + varuint_size(json.size()) + json.size());
  write_varuint(out, kControlMessageType);
  write_buffer(out, as_bytes(json));
  return {.kind = PayloadKind::Binary, .bytes = share(std::move(out))};
}

Outgoing YWebsocketCodec::encode_custom(std::string_view /*text*/) const { return {}; }

}  // namespace runnel::protocol
