#include "runnel/room/room_handler.h"

namespace runnel::room {

void RoomHandler::on_request(const RoomRequest& /*request*/, Respond respond) {
  respond(RoomResponse{.status = 500, .headers = {}, .body = to_bytes("No onRequest handler")});
}

void RoomHandler::on_revoked(Connection& connection, std::string_view /*reason*/) {
  connection.close(close_code::kPolicy, "AUTH_FORBIDDEN");
}

}  // namespace runnel::room
