// How the admin API asks a room for something: requests of the server's own, which no client can
// make, on the room's shard.
#pragma once

#include "runnel/net/http_server.h"
#include "runnel/room/room_directory.h"
#include "runnel/server/shard.h"

#include "base/bytes.h"
#include "base/ids.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace runnel::server {

// One call of `/v1/rooms/{id}/…`.
struct AdminRoomCall {
  RoomId room;
  std::string action;  // "", "doc", "kick", …
  net::HttpRequest request;
  net::Responder responder;
};

[[nodiscard]] net::HttpResponse no_content();
[[nodiscard]] net::HttpResponse no_such_room(const RoomId& room);

// A room's answer to the outside; refusals become problem+json.
[[nodiscard]] net::HttpResponse response_of(room::RoomResponse answer);

[[nodiscard]] room::RoomRequest internal_request(std::string_view method, std::string_view uri,
                                                 Bytes body);

// Asks and passes the answer on.
void ask_room(Shard& shard, AdminRoomCall call, std::string_view what);

// Opens the room, then runs `use`; 404 for a room of which nothing is stored, in which nobody is,
// and of which the backend has nothing. One that cannot be loaded, or that was deleted, is there.
using UseRoom = std::move_only_function<void(AdminRoomCall call)>;
void use_room(Shard& shard, AdminRoomCall call, UseRoom use);

// Answers with what `render` makes of the room's full state; 404 for a room that nobody has ever
// written to and nobody is in.
using WithState = std::move_only_function<net::HttpResponse(ByteView state)>;
void with_state(Shard& shard, AdminRoomCall call, WithState render);

// The same for answers that take longer.
using UseState = std::move_only_function<void(AdminRoomCall call, ByteView state)>;
void use_state(Shard& shard, AdminRoomCall call, UseState use);

// Has the room take an update (V1) as an edit of the server; answers with the position it got.
void write_update(Shard& shard, const RoomId& room, net::Responder responder, Bytes update);

// Opened by a question alone: nothing was ever written, with rooms.persist = "none" in memory only,
// nobody is there, and the backend is not known to have anything.
[[nodiscard]] bool is_nobody(const room::RoomStats& room);

// A number that the room describes itself with; 0 when it does not.
[[nodiscard]] std::int64_t field_of(const room::RoomStats& stats, std::string_view name);

}  // namespace runnel::server
