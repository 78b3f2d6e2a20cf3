#include "runnel/server/admin_room_call.h"

#include "runnel/server/json_body.h"
#include "runnel/server/problem.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace runnel::server {

namespace {

// The actions that a room answers itself, and what it calls them (collab/admin_requests.h). The
// target of a client's request starts with a slash, so nobody outside can ask like this.
struct RoomAction {
  std::string_view method;
  std::string_view action;
  std::string_view uri;
};

constexpr std::array kRoomActions{
    RoomAction{"GET", "doc", "runnel:doc"},
    RoomAction{"GET", "export", "runnel:doc"},
    RoomAction{"PATCH", "doc", "runnel:update"},
    RoomAction{"POST", "import", "runnel:update"},
    RoomAction{"POST", "restore", "runnel:restore"},
    RoomAction{"GET", "history", "runnel:history"},
    RoomAction{"POST", "freeze", "runnel:freeze"},
    RoomAction{"DELETE", "freeze", "runnel:unfreeze"},
    RoomAction{"POST", "compact", "runnel:compact"},
};

// Shared by the answer's two ways: the room's, and the one where it never comes.
using SharedResponder = std::shared_ptr<net::Responder>;

net::HttpResponse no_content() {
  return {.status = 204, .headers = {}, .body = {}, .shared_body = {}};
}

net::HttpResponse response_of(room::RoomResponse answer) {
  if (answer.status >= 400) return problem(answer.status, as_text(answer.body));
  net::HttpResponse response{
      .status = answer.status, .headers = {}, .body = to_text(answer.body), .shared_body = {}};
  for (auto& [name, value] : answer.headers) {
    response.headers.add(std::move(name), std::move(value));
  }
  return response;
}

room::RoomRequest request_to_room(const AdminRoomCall& call, std::string_view method,
                                  std::string_view uri) {
  const std::string_view query = net::split_target(call.request.target).query;
  room::RoomRequest request{.method = std::string(method),
                            .uri = std::string(uri),
                            .sub_path = {},
                            .headers = {},
                            .body = call.request.body,
                            .identity = {}};
  if (!query.empty()) request.uri.append("?").append(query);
  if (const auto type = call.request.headers.find("content-type")) {
    request.headers.emplace_back("content-type", std::string(*type));
  }
  request.identity.access = AccessLevel::Edit;
  return request;
}

void ask_room(Shard& shard, AdminRoomCall call, const RoomAction& action) {
  room::RoomRequest request = request_to_room(call, call.request.method, action.uri);
  shard.directory->request(
      call.room, std::move(request),
      [responder = std::move(call.responder)](room::RoomResponse answer) mutable {
        responder.send(response_of(std::move(answer)));
      });
}

// What the door knows of a connection, added to what the room says of it.
void add_connection_facts(const Shard& shard, const RoomId& room, boost::json::object& stats) {
  boost::json::value* list = stats.if_contains("connections");
  if (list == nullptr || !list->is_array()) return;
  shard.directory->for_each_connection([&](const RoomId& of, const room::Connection& connection) {
    if (of != room) return;
    const std::string id = std::to_string(connection.id().value());
    for (boost::json::value& entry : list->get_array()) {
      if (!entry.is_object() || text_field(entry.get_object(), "id") != id) continue;
      boost::json::object& fields = entry.get_object();
      fields["pk"] = connection.key();
      fields["user_id"] = connection.identity().user_id;
      fields["user_name"] = connection.identity().user_name;
      fields["address"] = connection.info().address;
    }
  });
}

void answer_stats(Shard& shard, AdminRoomCall call) {
  const auto known = shard.directory->stats(call.room);
  const std::string state(known ? room_phase_name(known->phase) : "rest");
  room::RoomRequest request = request_to_room(call, "GET", "runnel:stats");
  shard.directory->request(
      call.room, std::move(request),
      [&shard, room = call.room, state,
       responder = std::move(call.responder)](room::RoomResponse answer) mutable {
        boost::system::error_code error;
        boost::json::value body = boost::json::parse(as_text(answer.body), error);
        if (answer.status != 200 || error || !body.is_object()) {
          responder.send(response_of(std::move(answer)));
          return;
        }
        boost::json::object& stats = body.get_object();
        stats["party"] = room.party;
        stats["name"] = room.name;
        stats["state"] = stats.contains("frozen") && stats["frozen"].as_bool() ? "frozen" : state;
        add_connection_facts(shard, room, stats);
        responder.send(net::json_response(200, boost::json::serialize(stats)));
      });
}

void delete_room(Shard& shard, AdminRoomCall call) {
  shard.directory->remove(
      call.room, [responder = std::move(call.responder)](const Result<void>& removed) mutable {
        responder.send(removed ? no_content() : problem(removed.error()));
      });
}

void kick(Shard& shard, AdminRoomCall call) {
  const Result<boost::json::object> body = json_body(call.request);
  if (!body) {
    call.responder.send(problem(body.error()));
    return;
  }
  room::KickFilter filter{.user_id = text_field(*body, "user"), .connection = {}};
  if (const std::string connection = text_field(*body, "connection"); !connection.empty()) {
    std::uint64_t id = 0;
    const auto [end, error] =
        std::from_chars(connection.data(), connection.data() + connection.size(), id);
    if (error != std::errc{} || end != connection.data() + connection.size()) {
      call.responder.send(
          problem(400, "`connection` must be an id as GET /v1/rooms/{id} lists it"));
      return;
    }
    filter.connection = ConnectionId(id);
  }
  const std::string reason = text_field(*body, "reason");
  const std::size_t closed = shard.directory->kick(call.room, filter, room::close_code::kNormal,
                                                   reason.empty() ? "KICKED" : reason);
  call.responder.send(
      net::json_response(200, boost::json::serialize(boost::json::object{{"closed", closed}})));
}

void recheck(Shard& shard, AdminRoomCall call) {
  const std::size_t asked = shard.gate->recheck(call.room);
  call.responder.send(
      net::json_response(202, boost::json::serialize(boost::json::object{{"users", asked}})));
}

// An import creates the room on purpose, also where a tombstone stands.
void import_room(Shard& shard, AdminRoomCall call, const RoomAction& action) {
  shard.directory->revive(
      call.room, [&shard, &action, call = std::move(call)](const Result<void>& revived) mutable {
        if (revived) {
          ask_room(shard, std::move(call), action);
        } else {
          call.responder.send(problem(revived.error()));
        }
      });
}

const RoomAction* find_action(std::string_view method, std::string_view action) {
  const auto found = std::ranges::find_if(kRoomActions, [&](const RoomAction& candidate) {
    return candidate.method == method && candidate.action == action;
  });
  return found == kRoomActions.end() ? nullptr : found;
}

}  // namespace

void answer_room_call(Shard& shard, AdminRoomCall call) {
  const std::string& method = call.request.method;
  if (call.action.empty() && method == "GET") {
    answer_stats(shard, std::move(call));
  } else if (call.action.empty() && method == "DELETE") {
    delete_room(shard, std::move(call));
  } else if (call.action == "kick" && method == "POST") {
    kick(shard, std::move(call));
  } else if (call.action == "recheck" && method == "POST") {
    recheck(shard, std::move(call));
  } else if (const RoomAction* action = find_action(method, call.action)) {
    if (action->action == "import") {
      import_room(shard, std::move(call), *action);
    } else {
      ask_room(shard, std::move(call), *action);
    }
  } else {
    call.responder.send(problem(404, "There is no such call; GET /v1/openapi.json lists them"));
  }
}

}  // namespace runnel::server
