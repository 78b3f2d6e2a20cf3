#include "runnel/server/admin_room_call.h"

#include "runnel/protocol/message.h"
#include "runnel/server/admin_document.h"
#include "runnel/server/json_body.h"
#include "runnel/server/problem.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace runnel::server {

namespace {

net::HttpResponse no_content() {
  return {.status = 204, .headers = {}, .body = {}, .shared_body = {}};
}

net::HttpResponse response_of(room::RoomResponse answer) {
  if (answer.status >= 400) {
    const std::string_view why = as_text(answer.body);
    if (!why.empty()) return problem(answer.status, why);
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

// A question of the server's own; no client can ask it.
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

// Opened by the question itself: never written to and nobody there.
bool is_nobody(const Shard& shard, const RoomId& room) {
  const auto stats = shard.directory->stats(room);
  return stats && stats->last_seq == 0 && stats->connections == 0;
}

using WithState = std::move_only_function<net::HttpResponse(ByteView state)>;

// Answers with what `render` makes of the room's full state.
void with_state(Shard& shard, AdminRoomCall call, WithState render) {
  shard.directory->request(
      call.room, internal_request("GET", "runnel:state", {}),
      [&shard, room = call.room, render = std::move(render),
       responder = std::move(call.responder)](room::RoomResponse answer) mutable {
        if (answer.status != 200) {
          responder.send(response_of(std::move(answer)));
        } else if (is_nobody(shard, room)) {
          responder.send(problem(404, "There is no room '" + room.name + "'"));
        } else {
          responder.send(render(answer.body));
        }
      });
}

void send_position(Shard& shard, const RoomId& room, net::Responder responder) {
  const auto stats = shard.directory->stats(room);
  const std::uint64_t seq = stats ? stats->last_seq : 0;
  responder.send(
      net::json_response(200, boost::json::serialize(boost::json::object{{"seq", seq}})));
}

void apply_update(Shard& shard, AdminRoomCall call) {
  const auto type = call.request.headers.find("content-type");
  if (type && type->starts_with("application/json")) {
    call.responder.send(
        problem(415, "An update is expected, V1 or V2, as application/octet-stream"));
    return;
  }
  Result<Bytes> update = update_to_apply(call.request.body);
  if (!update) {
    call.responder.send(problem(400, to_string(update.error())));
    return;
  }
  shard.directory->request(call.room, internal_request("POST", "runnel:update", *std::move(update)),
                           [&shard, room = call.room, responder = std::move(call.responder)](
                               room::RoomResponse answer) mutable {
                             if (answer.status >= 300) {
                               responder.send(response_of(std::move(answer)));
                             } else {
                               send_position(shard, room, std::move(responder));
                             }
                           });
}

void compact(Shard& shard, AdminRoomCall call) {
  shard.directory->request(
      call.room, internal_request("POST", "runnel:compact", {}),
      [responder = std::move(call.responder)](room::RoomResponse answer) mutable {
        responder.send(response_of(std::move(answer)));
      });
}

std::int64_t field_of(const room::RoomStats& stats, std::string_view name) {
  const auto found =
      std::ranges::find(stats.fields, name, &std::pair<std::string, std::int64_t>::first);
  return found == stats.fields.end() ? 0 : found->second;
}

boost::json::array people_of(const Shard& shard, const RoomId& room) {
  boost::json::array people;
  shard.directory->for_each_connection([&](const RoomId& of, const room::Connection& connection) {
    if (of != room) return;
    const Identity& identity = connection.identity();
    const auto dialect = static_cast<protocol::Dialect>(connection.info().dialect);
    people.push_back({{"id", std::to_string(connection.id().value())},
                      {"pk", connection.key()},
                      {"user_id", identity.user_id},
                      {"user_name", identity.user_name},
                      {"address", connection.info().address},
                      {"dialect", protocol::dialect_name(dialect)},
                      {"level", access_level_name(identity.access)},
                      {"buffered_bytes", connection.buffered_bytes()}});
  });
  return people;
}

std::string_view backend_state(const room::RoomStats& stats) {
  if (field_of(stats, "pending") != 0) return "pending_load";
  if (field_of(stats, "backend_behind_ms") > 0) return "waiting";
  return field_of(stats, "backend_known") != 0 ? "saved" : "none";
}

boost::json::object describe_room(const Shard& shard, const room::RoomStats& stats,
                                  ByteView state) {
  const DocumentNumbers numbers = count_document(state);
  return {{"party", stats.id.party},
          {"name", stats.id.name},
          {"state", room_phase_name(stats.phase)},
          {"connections", people_of(shard, stats.id)},
          {"document",
           {{"loaded", field_of(stats, "integrated") != 0},
            {"bytes", state.size()},
            {"structs", numbers.structs},
            {"tombstones", numbers.tombstones},
            {"clients", numbers.clients},
            {"pending_bytes", field_of(stats, "pending_bytes")}}},
          {"log",
           {{"last_seq", stats.last_seq},
            {"durable_seq", stats.durable_seq},
            {"backend_seq", field_of(stats, "backend_seq")},
            {"bytes", field_of(stats, "log_bytes")},
            {"entries", field_of(stats, "log_entries")},
            {"snapshot_bytes", field_of(stats, "snapshot_bytes")}}},
          {"backend",
           {{"state", backend_state(stats)}, {"lag_ms", field_of(stats, "backend_behind_ms")}}}};
}

void answer_stats(Shard& shard, AdminRoomCall call) {
  const RoomId room = call.room;
  with_state(shard, std::move(call), [&shard, room](ByteView state) {
    const auto stats = shard.directory->stats(room);
    if (!stats) return problem(404, "There is no room '" + room.name + "'");
    return net::json_response(200, boost::json::serialize(describe_room(shard, *stats, state)));
  });
}

// The records of waiting saves go first: a crash in between leaves a room that can be deleted
// again, and not a deleted one that is saved after the restart.
void delete_room(Shard& shard, AdminRoomCall call) {
  shard.forget_saves(call.room);
  shard.directory->remove(
      call.room, [&shard, room = call.room,
                  responder = std::move(call.responder)](const Result<void>& removed) mutable {
        // Once more, for what the room may have handed over on its way out.
        shard.forget_saves(room);
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
void import_room(Shard& shard, AdminRoomCall call) {
  const RoomId room = call.room;  // the call moves into the callback
  shard.directory->revive(room,
                          [&shard, call = std::move(call)](const Result<void>& revived) mutable {
                            if (revived) {
                              apply_update(shard, std::move(call));
                            } else {
                              call.responder.send(problem(revived.error()));
                            }
                          });
}

void read_document(Shard& shard, AdminRoomCall call) {
  const std::string query(net::split_target(call.request.target).query);
  with_state(shard, std::move(call),
             [query](ByteView state) { return render_document(state, query); });
}

struct RoomAction {
  std::string_view method;
  std::string_view action;
  void (*run)(Shard&, AdminRoomCall);
};

constexpr std::array kRoomActions{
    RoomAction{"GET", "", answer_stats},      RoomAction{"DELETE", "", delete_room},
    RoomAction{"POST", "kick", kick},         RoomAction{"POST", "recheck", recheck},
    RoomAction{"GET", "doc", read_document},  RoomAction{"GET", "export", read_document},
    RoomAction{"PATCH", "doc", apply_update}, RoomAction{"POST", "import", import_room},
    RoomAction{"POST", "compact", compact},
};

}  // namespace

void answer_room_call(Shard& shard, AdminRoomCall call) {
  const std::string method = call.request.method;
  const std::string action = call.action;
  for (const RoomAction& known : kRoomActions) {
    if (known.method == method && known.action == action) {
      known.run(shard, std::move(call));
      return;
    }
  }
  call.responder.send(problem(404, "There is no such call; GET /v1/openapi.json lists them"));
}

}  // namespace runnel::server
