// What `/v1/rooms/{id}/…` does, on the room's shard.
#pragma once

#include "runnel/server/admin_room_access.h"
#include "runnel/server/shard.h"

namespace runnel::server {

void answer_room_call(Shard& shard, AdminRoomCall call);

}  // namespace runnel::server
