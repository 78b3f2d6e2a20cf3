#include "runnel/server/room_gateway.h"

#include "runnel/server/room_door.h"

#include <algorithm>
#include <utility>

namespace runnel::server {

RoomGateway::RoomGateway(Shards& shards, RoomGatewayOptions options)
    : shards_(shards), options_(std::move(options)) {}

bool RoomGateway::wants(std::string_view path) const {
  return protocol::is_room_path(path, options_.paths);
}

void RoomGateway::handle(net::HttpRequest request, net::Responder responder) {
  Result<protocol::RoomRequestTarget> target =
      protocol::match_room_path(request.target, options_.paths);
  if (!target) {
    const int status = target.error().code == Errc::NotFound ? 404 : 400;
    responder.send(net::text_response(status, to_string(target.error())));
    return;
  }
  if (!type_allowed(target->room)) {
    responder.send(net::text_response(
        404,
        "There are no rooms of this type; expected a name that begins with one of rooms.types "
        "and a dash"));
    return;
  }
  if (!origin_allowed(request)) {
    responder.send(net::text_response(403, "This origin is not in server.allowed_origins"));
    return;
  }
  Shard& shard = shards_.of(target->room);
  responder.move_to(shard.loop, [&shard, arrival = Arrival{std::move(request), *std::move(target)}](
                                    net::Responder moved) mutable {
    shard.door->enter(std::move(arrival), std::move(moved));
  });
}

bool RoomGateway::type_allowed(const RoomId& room) const {
  if (options_.types.empty() || room.party != kMainParty) return true;
  return std::ranges::find(options_.types, split_type(room.name).type) != options_.types.end();
}

bool RoomGateway::origin_allowed(const net::HttpRequest& request) const {
  if (options_.allowed_origins.empty()) return true;
  const auto origin = request.headers.find("origin");
  // Without the header it is no browser, and no page can make it do something.
  return !origin ||
         std::ranges::find(options_.allowed_origins, *origin) != options_.allowed_origins.end();
}

}  // namespace runnel::server
