// What `/v1/rooms/{id}/…` does, on the room's shard.
#pragma once

#include "runnel/net/http_server.h"
#include "runnel/server/shard.h"

#include "base/ids.h"

#include <string>

namespace runnel::server {

struct AdminRoomCall {
  RoomId room;
  std::string action;  // "", "doc", "kick", …
  net::HttpRequest request;
  net::Responder responder;
};

void answer_room_call(Shard& shard, AdminRoomCall call);

}  // namespace runnel::server
