#include "runnel/protocol/partykit.h"

#include "runnel/protocol/control.h"
#include "runnel/protocol/sync_messages.h"

namespace runnel::protocol {

Result<ClientMessage> PartyKitCodec::decode(PayloadKind kind, ByteView payload) {
  joined_ = Bytes();
  if (kind == PayloadKind::Text && is_batch_marker(as_text(payload))) {
    return decode_marker(as_text(payload));
  }
  if (chunks_.is_open()) {
    RUNNEL_TRY_VOID(chunks_.chunk(payload));
    return ClientMessage(Incomplete{});
  }
  return kind == PayloadKind::Text ? decode_text(as_text(payload)) : decode_binary(payload);
}

Result<ClientMessage> PartyKitCodec::decode_marker(std::string_view text) {
  const bool complete = RUNNEL_TRY(chunks_.marker(text));
  dialect_ = Dialect::YPartyKit;
  if (!complete) return ClientMessage(Incomplete{});
  joined_ = chunks_.take();
  return decode_binary(joined_);
}

Result<ClientMessage> PartyKitCodec::decode_text(std::string_view text) {
  if (text.starts_with(kCustomPrefix)) {
    dialect_ = Dialect::YPartyServer;
    return ClientMessage(CustomMessage{text.substr(kCustomPrefix.size())});
  }
  if (const auto control = parse_control(text)) return ClientMessage(*control);
  return ClientMessage(UnknownText{text});
}

Outgoing PartyKitCodec::encode_control(std::string_view json) const {
  return {.kind = PayloadKind::Text, .bytes = share(to_bytes(json))};
}

Outgoing PartyKitCodec::encode_custom(std::string_view text) const {
  Bytes out = to_bytes(kCustomPrefix);
  out.insert(out.end(), text.begin(), text.end());
  return {.kind = PayloadKind::Text, .bytes = share(std::move(out))};
}

}  // namespace runnel::protocol
