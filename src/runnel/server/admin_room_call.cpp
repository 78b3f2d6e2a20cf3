#include "runnel/server/admin_room_call.h"

#include "runnel/backend/outbox.h"
#include "runnel/server/admin_edits.h"
#include "runnel/server/admin_history.h"
#include "runnel/server/admin_room_view.h"
#include "runnel/server/json_body.h"
#include "runnel/server/parse_number.h"
#include "runnel/server/problem.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace runnel::server {

namespace {

void answer_stats(Shard& shard, AdminRoomCall call) {
  const RoomId room = call.room;
  with_state(shard, std::move(call), [&shard, room](ByteView state) {
    const auto stats = shard.directory->stats(room);
    if (!stats) return no_such_room(room);
    return net::json_response(
        200, boost::json::serialize(describe_room(shard, *stats, state, *shard.time)));
  });
}

// What is stored is deleted also when it cannot be loaded any more, and a tombstone stays one. The
// records of waiting saves go first: a crash in between leaves a room that can be deleted
// again, and not a deleted one that is saved after the restart. A room that comes back is not
// frozen.
void delete_room(Shard& shard, AdminRoomCall call) {
  use_room(shard, std::move(call), [&shard](AdminRoomCall asked) {
    shard.outbox->forget(asked.room);
    shard.frozen->set(asked.room, false, [](const Result<void>&) {});
    shard.directory->remove(
        asked.room, [&shard, room = asked.room,
                     responder = std::move(asked.responder)](const Result<void>& removed) mutable {
          // Once more, for what the room may have handed over on its way out.
          shard.outbox->forget(room);
          responder.send(removed ? no_content() : problem(removed.error()));
        });
  });
}

// Who is meant, and the reason. What cannot be read is refused: a filter that is left out means
// everybody.
Result<std::pair<room::KickFilter, std::string>> kick_of(const net::HttpRequest& request) {
  const boost::json::object body = RUNNEL_TRY(json_body(request, {"connection", "user", "reason"}));
  room::KickFilter filter{.user_id = RUNNEL_TRY(text_field(body, "user")), .connection = {}};
  if (body.contains("connection")) {
    const Result<std::string> text = text_field(body, "connection");
    const auto id = text ? parse_number(*text) : std::nullopt;
    if (!id) {
      return fail(Errc::Invalid, "`connection` must be an id as GET /v1/rooms/{id} lists it");
    }
    filter.connection = ConnectionId(*id);
  }
  std::string reason = RUNNEL_TRY(text_field(body, "reason"));
  if (reason.empty()) reason = "KICKED";
  return std::pair(std::move(filter), std::move(reason));
}

void kick(Shard& shard, AdminRoomCall call) {
  const auto asked = kick_of(call.request);
  if (!asked) {
    call.responder.send(problem(asked.error()));
    return;
  }
  const auto& [filter, reason] = *asked;
  const std::size_t closed =
      shard.directory->kick(call.room, filter, room::close_code::kNormal, reason);
  call.responder.send(
      net::json_response(200, boost::json::serialize(boost::json::object{{"closed", closed}})));
}

void recheck(Shard& shard, AdminRoomCall call) {
  const std::size_t asked = shard.gate->recheck(call.room);
  call.responder.send(
      net::json_response(202, boost::json::serialize(boost::json::object{{"users", asked}})));
}

// In effect before anybody is answered; the answer says that it outlives the process.
void set_frozen(Shard& shard, AdminRoomCall call, bool frozen) {
  use_state(shard, std::move(call), [&shard, frozen](AdminRoomCall asked, ByteView /*state*/) {
    const RoomId room = asked.room;
    auto responder = std::make_shared<net::Responder>(std::move(asked.responder));
    shard.frozen->set(room, frozen, [responder](const Result<void>& done) {
      responder->send(done ? no_content() : problem(done.error()));
    });
    shard.directory->request(room, internal_request("POST", "runnel:freeze", {}),
                             [](const room::RoomResponse& /*told*/) {});
  });
}

void freeze(Shard& shard, AdminRoomCall call) {
  if (call.room.party != kMainParty) {
    call.responder.send(problem(409, "Only rooms with a document can be frozen"));
    return;
  }
  set_frozen(shard, std::move(call), true);
}

void unfreeze(Shard& shard, AdminRoomCall call) { set_frozen(shard, std::move(call), false); }

void compact(Shard& shard, AdminRoomCall call) {
  use_room(shard, std::move(call),
           [&shard](AdminRoomCall asked) { ask_room(shard, std::move(asked), "runnel:compact"); });
}

struct RoomAction {
  std::string_view method;
  std::string_view action;
  void (*run)(Shard&, AdminRoomCall);
};

constexpr std::array kRoomActions{
    RoomAction{"GET", "", answer_stats},       RoomAction{"DELETE", "", delete_room},
    RoomAction{"POST", "kick", kick},          RoomAction{"POST", "recheck", recheck},
    RoomAction{"POST", "freeze", freeze},      RoomAction{"POST", "unfreeze", unfreeze},
    RoomAction{"GET", "doc", read_document},   RoomAction{"GET", "export", read_document},
    RoomAction{"PATCH", "doc", edit_document}, RoomAction{"POST", "import", import_room},
    RoomAction{"GET", "history", history},     RoomAction{"POST", "restore", restore},
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
