#include "runnel/protocol/codec.h"

#include "runnel/protocol/partykit.h"
#include "runnel/protocol/y_websocket.h"

namespace runnel::protocol {

std::unique_ptr<Codec> create_codec(const CodecOptions& options) {
  switch (options.dialect) {
    case Dialect::YPartyKit:
    case Dialect::YPartyServer:
      return std::make_unique<PartyKitCodec>(options);
    case Dialect::YWebsocket:
      return std::make_unique<YWebsocketCodec>(options);
  }
  return nullptr;
}

}  // namespace runnel::protocol
