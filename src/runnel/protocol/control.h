// Recognises the control messages that clients send: JSON objects whose `type` is one of a few. The
// format of all control messages, both ways, is docs/formats/control-messages.md.
#pragma once

#include "runnel/protocol/message.h"

#include <optional>
#include <string_view>

namespace runnel::protocol {

// Nothing that is longer than this is a control message of a client; a token takes some kilobytes.
inline constexpr std::size_t kControlBytesMax = std::size_t{64} * 1024;

// Nothing when `text` is not a control message. The type it returns is a constant, not a view.
[[nodiscard]] std::optional<ControlMessage> parse_control(std::string_view text);

}  // namespace runnel::protocol
