// One room as `GET /v1/rooms/{id}` shows it: people, sizes, and how far the log, the disk and the
// backend have got.
#pragma once

#include "runnel/room/room_directory.h"
#include "runnel/server/shard.h"

#include "base/bytes.h"
#include "base/time_source.h"
#include <boost/json/object.hpp>

#include <string_view>

namespace runnel::server {

// `state` is the room's full state, V1.
[[nodiscard]] boost::json::object describe_room(const Shard& shard, const room::RoomStats& stats,
                                                ByteView state, const TimeSource& time);

// A word of RoomSummary.state for a room in memory.
[[nodiscard]] std::string_view state_name(const room::RoomStats& stats);

}  // namespace runnel::server
