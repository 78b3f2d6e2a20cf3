#include "runnel/protocol/sync_messages.h"

#include "runnel/protocol/codec.h"

#include <type_traits>
#include <utility>
#include <variant>

namespace runnel::protocol {

Result<ClientMessage> decode_binary(ByteView payload) {
  const ycpp::Message message = RUNNEL_TRY(ycpp::decode_message(payload));
  return std::visit(
      [](const auto& known) -> ClientMessage {
        using Known = std::remove_cvref_t<decltype(known)>;
        if constexpr (std::is_same_v<Known, ycpp::PermissionDenied>) {
          return UnknownBinary{std::to_underlying(ycpp::MessageType::Auth)};
        } else if constexpr (std::is_same_v<Known, ycpp::OtherMessage>) {
          return UnknownBinary{known.type};
        } else {
          return known;
        }
      },
      message);
}

SharedBytes encode_sync_step1(ByteView state_vector) {
  return share(ycpp::encode_sync_step1(state_vector));
}

SharedBytes encode_sync_step2(ByteView update) { return share(ycpp::encode_sync_step2(update)); }

SharedBytes encode_sync_update(ByteView update) { return share(ycpp::encode_sync_update(update)); }

SharedBytes encode_awareness(ByteView entries) {
  return share(ycpp::encode_awareness_message(entries));
}

SharedBytes encode_empty_awareness() { return share(Bytes{0x01, 0x01, 0x00}); }

}  // namespace runnel::protocol
