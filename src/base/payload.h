// The two kinds of message that a WebSocket carries.
#pragma once

#include <cstdint>

namespace runnel {

enum class PayloadKind : std::uint8_t { Text, Binary };

}  // namespace runnel
