#include "runnel/server/admin_room_access.h"

#include "runnel/server/problem.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace runnel::server {

namespace {

bool never_was(const Shard& shard, const RoomId& room) {
  const auto stats = shard.directory->stats(room);
  return stats && is_nobody(*stats);
}

void send_position(Shard& shard, const RoomId& room, net::Responder responder) {
  const auto stats = shard.directory->stats(room);
  const std::uint64_t seq = stats ? stats->last_seq : 0;
  responder.send(
      net::json_response(200, boost::json::serialize(boost::json::object{{"seq", seq}})));
}

}  // namespace

net::HttpResponse no_content() {
  return {.status = 204, .headers = {}, .body = {}, .shared_body = {}};
}

net::HttpResponse no_such_room(const RoomId& room) {
  return problem(404, "There is no room '" + room.name + "'");
}

net::HttpResponse response_of(room::RoomResponse answer) {
  if (answer.status >= 400) {
    const std::string_view why = as_text(answer.body);
    if (answer.status == 426) return problem(409, "A room of this party has no document");
    if (!why.empty()) return problem(answer.status, why);
    if (answer.status == 503) {
      return problem(503,
                     "The room cannot be opened now: the server is busy or about to stop, or "
                     "what is stored cannot be read; its log says which");
    }
    return problem(answer.status, answer.status == 410 ? "This room was deleted"
                                                       : net::status_reason(answer.status));
  }
  net::HttpResponse response{
      .status = answer.status, .headers = {}, .body = to_text(answer.body), .shared_body = {}};
  for (auto& [name, value] : answer.headers) {
    response.headers.add(std::move(name), std::move(value));
  }
  return response;
}

room::RoomRequest internal_request(std::string_view method, std::string_view uri, Bytes body) {
  room::RoomRequest request{.method = std::string(method),
                            .uri = std::string(uri),
                            .sub_path = {},
                            .headers = {},
                            .body = std::move(body),
                            .identity = {},
                            .is_internal = true};
  request.identity.access = AccessLevel::Edit;
  return request;
}

void ask_room(Shard& shard, AdminRoomCall call, std::string_view what) {
  shard.directory->request(
      call.room, internal_request("POST", what, {}),
      [responder = std::move(call.responder)](room::RoomResponse answer) mutable {
        responder.send(response_of(std::move(answer)));
      });
}

void use_room(Shard& shard, AdminRoomCall call, UseRoom use) {
  const RoomId room = call.room;  // the call moves into the callback
  shard.directory->request(room, internal_request("HEAD", "runnel:state", {}),
                           [&shard, use = std::move(use),
                            call = std::move(call)](const room::RoomResponse& answer) mutable {
                             const bool is_open = answer.status < 400 || answer.status == 426;
                             if (answer.status == 404) {
                               call.responder.send(response_of(answer));
                             } else if (is_open && never_was(shard, call.room)) {
                               call.responder.send(no_such_room(call.room));
                             } else {
                               use(std::move(call));
                             }
                           });
}

void with_state(Shard& shard, AdminRoomCall call, WithState render) {
  use_state(shard, std::move(call),
            [render = std::move(render)](AdminRoomCall asked, ByteView state) mutable {
              asked.responder.send(render(state));
            });
}

void use_state(Shard& shard, AdminRoomCall call, UseState use) {
  const RoomId room = call.room;  // the call moves into the callback
  shard.directory->request(
      room, internal_request("GET", "runnel:state", {}),
      [&shard, use = std::move(use), call = std::move(call)](room::RoomResponse answer) mutable {
        if (answer.status != 200) {
          call.responder.send(response_of(std::move(answer)));
        } else if (never_was(shard, call.room)) {
          call.responder.send(no_such_room(call.room));
        } else {
          use(std::move(call), answer.body);
        }
      });
}

void write_update(Shard& shard, const RoomId& room, net::Responder responder, Bytes update) {
  shard.directory->request(
      room, internal_request("POST", "runnel:update", std::move(update)),
      [&shard, room, responder = std::move(responder)](room::RoomResponse answer) mutable {
        if (answer.status >= 300) {
          responder.send(response_of(std::move(answer)));
        } else {
          send_position(shard, room, std::move(responder));
        }
      });
}

bool is_nobody(const room::RoomStats& room) {
  constexpr std::int64_t kEmptyDocumentBytes = 2;
  return room.last_seq == 0 && room.connections == 0 && field_of(room, "pending") == 0 &&
         field_of(room, "document_bytes") <= kEmptyDocumentBytes;
}

std::int64_t field_of(const room::RoomStats& stats, std::string_view name) {
  const auto found =
      std::ranges::find(stats.fields, name, &std::pair<std::string, std::int64_t>::first);
  return found == stats.fields.end() ? 0 : found->second;
}

}  // namespace runnel::server
