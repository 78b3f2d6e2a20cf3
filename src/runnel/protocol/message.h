// What clients and rooms say to each other, independent of the dialect in which it was said.
//
// The messages are views into the payload they were decoded from: they live as long as it does.
#pragma once

#include "base/bytes.h"
#include "base/payload.h"
#include "ycpp/sync/sync_message.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace runnel::protocol {

enum class Dialect : std::uint8_t {
  YPartyKit,     // y-partykit 0.0.33: chunk markers as text, a heartbeat every 15 s
  YPartyServer,  // y-partyserver 1.x and 2.x: `__YPS:` text, no heartbeat
  YWebsocket,    // y-websocket 3.x: throws on text, knows close codes 4400 to 4499 only
};

// "y-partykit", "y-partyserver" or "y-websocket", for logs and statistics.
[[nodiscard]] std::string_view dialect_name(Dialect dialect) noexcept;

using ycpp::AwarenessMessage;
using ycpp::QueryAwareness;  // used between browser tabs, ignored by every server
using ycpp::SyncStep1;       // always answered by a SyncStep2
using ycpp::SyncStep2;
using ycpp::SyncUpdate;

// `__YPS:` text of y-partyserver, without the prefix; for the application.
struct CustomMessage {
  std::string_view text;
};

// A JSON object with a `type` that docs/formats/control-messages.md knows from clients.
struct ControlMessage {
  std::string_view type;
  std::string_view json;
};

// Well-formed, but nothing that this server understands; goes to the room's text hook.
struct UnknownText {
  std::string_view text;
};

// A binary message of an outer type that nobody handles.
struct UnknownBinary {
  std::uint64_t type{0};
};

// The payload was taken in and completes no message yet: a marker or chunk of a batch.
struct Incomplete {};

using ClientMessage =
    std::variant<SyncStep1, SyncStep2, SyncUpdate, AwarenessMessage, QueryAwareness, CustomMessage,
                 ControlMessage, UnknownText, UnknownBinary, Incomplete>;

// A message to a client, encoded once and shared by all who get it.
struct Outgoing {
  PayloadKind kind{PayloadKind::Binary};
  SharedBytes bytes;
};

}  // namespace runnel::protocol
