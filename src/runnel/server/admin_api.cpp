#include "runnel/server/admin_api.h"

#include "runnel/server/admin_room_call.h"
#include "runnel/server/embedded_files.h"
#include "runnel/server/json_body.h"
#include "runnel/server/problem.h"
#include "runnel/server/room_listing.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace runnel::server {

namespace {

constexpr std::string_view kApiPrefix = "/v1/";
constexpr std::string_view kUnixPeer = "unix";
constexpr Duration kDrainMax = std::chrono::hours(1);

}  // namespace

AdminApi::AdminApi(AdminApiDeps deps, auth::Secret secret, std::size_t body_bytes_max)
    : deps_(deps), secret_(std::move(secret)), body_bytes_max_(body_bytes_max) {}

bool AdminApi::wants(std::string_view path) const { return path.starts_with(kApiPrefix); }

void AdminApi::handle(net::HttpRequest request, net::Responder responder) {
  const std::string rest(net::split_target(request.target).path.substr(kApiPrefix.size()));
  if (rest == "openapi.json" && request.method == "GET") {
    net::HttpResponse file = net::json_response(200, to_text(api_files().front().content));
    responder.send(std::move(file));
    return;
  }
  if (!allowed(request)) {
    net::HttpResponse refused = problem(401, "The admin secret is needed as a bearer token");
    refused.headers.add("WWW-Authenticate", "Bearer");
    responder.send(std::move(refused));
    return;
  }
  dispatch(rest, std::move(request), std::move(responder));
}

net::BodyRule AdminApi::body_rule(const net::HttpRequest& head) const {
  if (allowed(head)) return {.bytes_max = body_bytes_max_};
  return {.bytes_max = net::kStrangerBodyBytesMax, .refusal_status = 401};
}

bool AdminApi::allowed(const net::HttpRequest& request) const {
  if (request.peer_address == kUnixPeer) return true;
  const auto presented = net::bearer_token(request);
  return presented && secret_.equals(*presented);
}

void AdminApi::dispatch(std::string_view rest, net::HttpRequest request, net::Responder responder) {
  const std::string_view method = request.method;
  if (rest == "stats" && method == "GET") {
    server_stats(std::move(responder));
  } else if (rest == "events" && method == "GET") {
    deps_.events.subscribe(std::move(responder));
  } else if (rest == "rooms" && method == "GET") {
    list_rooms(request, std::move(responder));
  } else if (rest == "drain" && method == "POST") {
    start_drain(request, std::move(responder));
  } else if (rest == "undrain" && method == "POST") {
    undrain(std::move(responder));
  } else if (rest == "drain" && method == "GET") {
    drain_progress(200, std::move(responder));
  } else if (rest.starts_with("rooms/")) {
    room_call(rest.substr(6), std::move(request), std::move(responder));
  } else {
    responder.send(problem(404, "There is no such call; GET /v1/openapi.json lists them"));
  }
}

void AdminApi::server_stats(net::Responder responder) {
  net::EventLoop& loop = responder.loop();
  deps_.stats.collect(loop, [responder = std::move(responder)](const ServerStats& stats) mutable {
    responder.send(net::json_response(200, to_json(stats)));
  });
}

void AdminApi::start_drain(const net::HttpRequest& request, net::Responder responder) {
  const Result<boost::json::object> body = json_body(request, {"over_ms"});
  if (!body) {
    responder.send(problem(body.error()));
    return;
  }
  Duration over(0);
  if (const boost::json::value* asked = body->if_contains("over_ms")) {
    if (!asked->is_int64() || asked->get_int64() < 0 || asked->get_int64() > kDrainMax.count()) {
      responder.send(problem(400, "`over_ms` must be a number from 0 to 3600000"));
      return;
    }
    over = Duration(asked->get_int64());
  }
  deps_.drain.start(over);
  drain_progress(202, std::move(responder));
}

void AdminApi::undrain(net::Responder responder) {
  if (deps_.drain.take_back()) {
    drain_progress(200, std::move(responder));
  } else {
    responder.send(problem(409, "The server is being stopped"));
  }
}

void AdminApi::drain_progress(int status, net::Responder responder) {
  net::EventLoop& loop = responder.loop();
  deps_.drain.progress(loop, [status, responder = std::move(responder)](std::string json) mutable {
    responder.send(net::json_response(status, std::move(json)));
  });
}

void AdminApi::list_rooms(const net::HttpRequest& request, net::Responder responder) {
  Result<RoomListing> listing = RoomListing::parse(net::split_target(request.target).query);
  if (!listing) {
    responder.send(problem(listing.error()));
    return;
  }
  listing->run(deps_.shards, std::move(responder));
}

void AdminApi::room_call(std::string_view rest, net::HttpRequest request,
                         net::Responder responder) {
  const std::size_t slash = rest.find('/');
  const auto name = net::percent_decode(rest.substr(0, slash));
  const std::string_view action = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  const std::string_view query = net::split_target(request.target).query;
  const std::string party = net::query_value(query, "party").value_or(std::string(kMainParty));
  const Result<RoomId> room =
      name ? RoomId::create(party, *name)
           : Result<RoomId>(fail(Errc::Malformed, "the room's name is not percent-encoded"));
  if (!room) {
    responder.send(problem(room.error()));
    return;
  }
  Shard& shard = deps_.shards.of(*room);
  responder.move_to(shard.loop, [&shard, room = *room, action = std::string(action),
                                 request = std::move(request)](net::Responder moved) mutable {
    answer_room_call(shard, {.room = std::move(room),
                             .action = std::move(action),
                             .request = std::move(request),
                             .responder = std::move(moved)});
  });
}

}  // namespace runnel::server
