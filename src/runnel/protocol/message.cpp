#include "runnel/protocol/message.h"

namespace runnel::protocol {

std::string_view dialect_name(Dialect dialect) noexcept {
  switch (dialect) {
    case Dialect::YPartyKit:
      return "y-partykit";
    case Dialect::YPartyServer:
      return "y-partyserver";
    case Dialect::YWebsocket:
      return "y-websocket";
  }
  return "unknown";
}

}  // namespace runnel::protocol
