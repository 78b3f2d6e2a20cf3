#include "runnel/server/room_door.h"

#include "runnel/server/setting_values.h"

#include "base/bytes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <string>
#include <utility>
#include <variant>

namespace runnel::server {

namespace {

constexpr Duration kBusyRetry = std::chrono::seconds(2);
constexpr Duration kDrainRetry = std::chrono::seconds(5);
constexpr Duration kDrainTick{50};

// Close codes that y-websocket takes as final.
constexpr std::uint16_t kUnauthorized = 4401;

std::string retry_seconds(Duration delay) {
  const auto seconds = (delay.count() + 999) / 1000;
  return std::to_string(std::max<std::int64_t>(1, seconds));
}

// A random UUID (RFC 9562, version 4) for clients that bring no `_pk`.
std::string make_uuid(RandomSource& random) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string uuid = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  for (char& c : uuid) {
    if (c == 'x') c = kHex[random.below(16)];
    if (c == 'y') c = kHex[8 + random.below(4)];
  }
  return uuid;
}

// The request target without its token, so that nothing behind the door can show it.
std::string without_token(const protocol::RoomRequestTarget& target, std::string_view uri) {
  if (protocol::find_param(target.params, "token").empty()) return std::string(uri);
  std::string clean(net::split_target(uri).path);
  char separator = '?';
  for (const auto& [name, value] : target.params) {
    if (name == "token") continue;
    clean += separator + net::percent_encode(name) + "=" + net::percent_encode(value);
    separator = '&';
  }
  return clean;
}

auth::Secret token_of(const Arrival& arrival) {
  const std::string_view param = protocol::find_param(arrival.target.params, "token");
  if (!param.empty()) return auth::Secret(std::string(param));
  return auth::Secret(std::string(net::bearer_token(arrival.request).value_or("")));
}

// Pages of other origins read the verdict that a refused WebSocket hides from them.
void allow_reading(const net::HttpRequest& request, net::HttpResponse& response) {
  const auto origin = request.headers.find("origin");
  if (!origin) return;
  response.headers.add("Access-Control-Allow-Origin", std::string(*origin));
  response.headers.add("Vary", "Origin");
}

// The first that the client offers: browsers hang up when none is chosen, and every dialect is
// spoken under any name. Empty when there is none, or something that is no token (RFC 9110, 5.6.2).
std::string offered_subprotocol(const net::HttpRequest& request) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto is_token_char = [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.contains(c);
  };
  const std::string offers = request.headers.joined("Sec-WebSocket-Protocol");
  const std::string_view first = trim(std::string_view(offers).substr(0, offers.find(',')));
  return std::ranges::all_of(first, is_token_char) ? std::string(first) : std::string();
}

bool is_y_websocket(const Arrival& arrival) {
  return arrival.target.dialect == protocol::Dialect::YWebsocket;
}

}  // namespace

// Invariant: answered exactly once, through `responder` or by destroying it after the peer has
// gone.
struct RoomDoor::Visitor {
  Arrival arrival;
  net::Responder responder;
  std::int64_t came_ms;
  auth::Admitted admitted;  // set once the gate has said yes
  TimerId patience;
  bool answered{false};
};

RoomDoor::RoomDoor(Shard& shard, const TimeSource& time, RandomSource& random, Log& log,
                   RoomDoorOptions options)
    : shard_(shard),
      time_(time),
      random_(random),
      log_(log),
      options_(options),
      self_(std::make_shared<RoomDoor*>(this)) {}

RoomDoor::~RoomDoor() = default;

void RoomDoor::enter(Arrival arrival, net::Responder responder) {
  if (arrival.request.method == "OPTIONS") {
    net::HttpResponse preflight{.status = 204, .headers = {}, .body = {}, .shared_body = {}};
    allow_reading(arrival.request, preflight);
    preflight.headers.add("Access-Control-Allow-Headers", "Authorization, Content-Type");
    preflight.headers.add("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
    responder.send(std::move(preflight));
    return;
  }
  auto visitor = std::make_shared<Visitor>(std::move(arrival), std::move(responder),
                                           time_.steady_ms(), auth::Admitted{}, TimerId{});
  if (draining_) {
    unavailable(visitor, kDrainRetry, "The server is about to stop");
    return;
  }
  const auto& [asked, target] = visitor->arrival;
  auth::AccessRequest request{.room = target.room,
                              .token = token_of(visitor->arrival),
                              .connection_key = target.connection_key,
                              .address = asked.client_address};
  shard_.gate->admit(std::move(request),
                     [door = std::weak_ptr(self_), visitor](auth::Admission admission) {
                       if (const auto alive = door.lock())
                         (*alive)->admitted(visitor, std::move(admission));
                     });
}

void RoomDoor::admitted(const VisitorPtr& visitor, auth::Admission admission) {
  if (const auto* deny = std::get_if<auth::Deny>(&admission)) {
    refuse(visitor, *deny);
  } else if (const auto* unknown = std::get_if<auth::Unknown>(&admission)) {
    log_.warning("access could not be verified",
                 {{"room", visitor->arrival.target.room.name}, {"why", unknown->detail}});
    unavailable(visitor, unknown->retry_after, "Access cannot be verified right now");
  } else {
    visitor->admitted = std::get<auth::Admitted>(std::move(admission));
    if (visitor->arrival.request.wants_websocket) {
      open(visitor);
    } else {
      pass_request(visitor);
    }
  }
}

void RoomDoor::open(const VisitorPtr& visitor) {
  const std::int64_t spent_ms = time_.steady_ms() - visitor->came_ms;
  const Duration left = std::max(Duration(0), options_.patience - Duration(spent_ms));
  visitor->patience = shard_.loop.after(left, [this, visitor] { let_in(visitor); });
  shard_.directory->open(visitor->arrival.target.room,
                         [door = std::weak_ptr(self_), visitor](room::OpenOutcome outcome) {
                           if (const auto alive = door.lock()) (*alive)->opened(visitor, outcome);
                         });
}

void RoomDoor::opened(const VisitorPtr& visitor, room::OpenOutcome outcome) {
  if (visitor->answered) return;  // patience ended first: it is in the room already
  shard_.loop.cancel(visitor->patience);
  switch (outcome) {
    case room::OpenOutcome::Ready:
      let_in(visitor);
      return;
    case room::OpenOutcome::Deleted:
      deleted(visitor);
      return;
    case room::OpenOutcome::Full:
      unavailable(visitor, kBusyRetry, "The room is full");
      return;
    case room::OpenOutcome::Busy:
      unavailable(visitor, kBusyRetry, "The server is too busy to open the room");
      return;
    case room::OpenOutcome::Failed:
      unavailable(visitor, kBusyRetry, "The room could not be loaded");
      return;
    case room::OpenOutcome::UnknownParty:
      visitor->answered = true;
      visitor->responder.send(net::text_response(404, "No such party"));
      return;
  }
}

void RoomDoor::let_in(const VisitorPtr& visitor) {
  if (visitor->answered) return;
  if (!visitor->responder.is_connected()) {
    visitor->answered = true;
    return;
  }
  if (draining_) {
    unavailable(visitor, kDrainRetry, "The server is about to stop");
    return;
  }
  RoomConnection& connection = add_connection(visitor);
  const ConnectionId id = connection.id();
  auto& [request, target] = visitor->arrival;
  room::ConnectInfo info{
      .id = id,
      .key = target.connection_key.empty() ? make_uuid(random_) : target.connection_key,
      .uri = without_token(target, request.target),
      .params = std::move(target.params),
      .address = request.client_address,
      .identity = visitor->admitted.grant.identity,
      .dialect = static_cast<std::uint8_t>(target.dialect),
      .control_messages = target.control_messages};
  std::erase_if(info.params, [](const auto& param) { return param.first == "token"; });
  shard_.gate->connected(id, target.room, visitor->admitted);
  shard_.directory->connect(target.room, std::move(info), connection.make_port());
}

void RoomDoor::pass_request(const VisitorPtr& visitor) {
  auto& [request, target] = visitor->arrival;
  room::RoomRequest passed{.method = request.method,
                           .uri = without_token(target, request.target),
                           .sub_path = target.sub_path,
                           .headers = {},
                           .body = std::move(request.body),
                           .identity = visitor->admitted.grant.identity};
  for (const net::HttpHeader& field : request.headers.fields()) {
    if (net::equals_ignoring_case(field.name, "authorization")) continue;
    std::string name = field.name;
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    });
    passed.headers.emplace_back(std::move(name), field.value);
  }
  shard_.directory->request(target.room, std::move(passed), [visitor](room::RoomResponse response) {
    if (visitor->answered) return;
    net::HttpResponse passed_on{.status = response.status,
                                .headers = {},
                                .body = to_text(response.body),
                                .shared_body = {}};
    for (auto& [name, value] : response.headers) {
      passed_on.headers.add(std::move(name), std::move(value));
    }
    answer(visitor, std::move(passed_on));
  });
}

void RoomDoor::answer(const VisitorPtr& visitor, net::HttpResponse response) {
  visitor->answered = true;
  allow_reading(visitor->arrival.request, response);
  visitor->responder.send(std::move(response));
}

void RoomDoor::refuse(const VisitorPtr& visitor, const auth::Deny& deny) {
  const int status = auth::deny_status(deny.reason);
  const std::string_view code = auth::deny_code(deny.reason);
  const bool websocket = visitor->arrival.request.wants_websocket;
  if (websocket && is_y_websocket(visitor->arrival) && status != 429) {
    upgrade_and_close(visitor, {}, status == 401 ? kUnauthorized : room::close_code::kForbidden,
                      code, Duration(0));
    return;
  }
  if (websocket && options_.refuse_in_frame && status != 429) {
    const std::string json = R"({"type":"auth_error","code":")" + std::string(code) + R"("})";
    upgrade_and_close(visitor, json, room::close_code::kPolicy, code,
                      shard_.gate->refusal_delay(visitor->arrival.request.client_address));
    return;
  }
  net::HttpResponse response =
      net::text_response(status, std::string(auth::deny_text(deny.reason)));
  if (status == 401) response.headers.add("WWW-Authenticate", "Bearer");
  if (deny.retry_after.count() > 0) {
    response.headers.add("Retry-After", retry_seconds(deny.retry_after));
  }
  answer(visitor, std::move(response));
}

void RoomDoor::unavailable(const VisitorPtr& visitor, Duration retry_after, std::string_view text) {
  if (options_.refuse_in_frame && visitor->arrival.request.wants_websocket) {
    upgrade_and_close(visitor, R"({"type":"error","code":"SERVER_INTERNAL_ERROR"})",
                      room::close_code::kInternalError, "SERVER_INTERNAL_ERROR",
                      shard_.gate->refusal_delay(visitor->arrival.request.client_address));
    return;
  }
  net::HttpResponse response = net::text_response(503, std::string(text));
  response.headers.add("Retry-After", retry_seconds(retry_after));
  answer(visitor, std::move(response));
}

void RoomDoor::deleted(const VisitorPtr& visitor) {
  if (visitor->arrival.request.wants_websocket && is_y_websocket(visitor->arrival)) {
    upgrade_and_close(visitor, {}, room::close_code::kRoomDeleted, "ROOM_NOT_FOUND", Duration(0));
    return;
  }
  answer(visitor, net::text_response(410, "This room was deleted"));
}

void RoomDoor::upgrade_and_close(const VisitorPtr& visitor, std::string_view json,
                                 std::uint16_t code, std::string_view reason, Duration delay) {
  visitor->answered = true;
  if (!visitor->responder.is_connected()) return;
  const ConnectionId id = next_id();
  auto connection = std::make_unique<RoomConnection>(
      id, shard_.loop, nullptr, log_, [this](ConnectionId over) { connections_.erase(over); });
  connection->attach(
      visitor->responder.upgrade({.websocket = options_.websocket,
                                  .subprotocol = offered_subprotocol(visitor->arrival.request),
                                  .headers = {}},
                                 *connection));
  net::WebSocket& websocket = connection->websocket();
  connections_.emplace(id, std::move(connection));
  if (!json.empty()) websocket.send(net::MessageKind::Text, share(to_bytes(json)));
  if (delay.count() == 0) {
    websocket.close(code, reason);
    return;
  }
  shard_.loop.after(delay, [this, id, code, reason = std::string(reason)] {
    const auto found = connections_.find(id);
    if (found != connections_.end()) found->second->websocket().close(code, reason);
  });
}

RoomConnection& RoomDoor::add_connection(const VisitorPtr& visitor) {
  visitor->answered = true;
  shard_.loop.cancel(visitor->patience);
  const ConnectionId id = next_id();
  auto connection =
      std::make_unique<RoomConnection>(id, shard_.loop, shard_.directory.get(), log_,
                                       [this](ConnectionId over) { connection_over(over); });
  connection->attach(
      visitor->responder.upgrade({.websocket = options_.websocket,
                                  .subprotocol = offered_subprotocol(visitor->arrival.request),
                                  .headers = {}},
                                 *connection));
  return *connections_.emplace(id, std::move(connection)).first->second;
}

ConnectionId RoomDoor::next_id() {
  // Unique over all shards: each counts in its own residue class, from a first step that is not 0.
  constexpr std::uint64_t kShardsMax = 1024;
  last_id_ = last_id_ == 0 ? kShardsMax + shard_.index : last_id_ + kShardsMax;
  return ConnectionId(last_id_);
}

void RoomDoor::drain(Duration over, Task done) {
  draining_ = true;
  shard_.loop.cancel(drain_timer_);
  leaving_.clear();
  for (const auto& [id, connection] : connections_) leaving_.push_back(id);
  std::ranges::sort(leaving_, {}, &ConnectionId::value);
  left_ = 0;
  drain_began_ms_ = time_.steady_ms();
  drain_over_ = over;
  drained_ = std::move(done);
  send_away();
}

void RoomDoor::undrain() {
  draining_ = false;
  shard_.loop.cancel(drain_timer_);
  leaving_ = {};
  left_ = 0;
  drained_ = nullptr;
}

void RoomDoor::send_away() {
  const Duration passed(time_.steady_ms() - drain_began_ms_);
  const bool is_over = passed >= drain_over_;
  const std::size_t due = is_over ? leaving_.size()
                                  : leaving_.size() * static_cast<std::size_t>(passed.count()) /
                                        static_cast<std::size_t>(drain_over_.count());
  for (; left_ < due; ++left_) {
    shard_.directory->close(leaving_[left_], room::close_code::kServiceRestart, "SERVER_DRAINING");
  }
  if (left_ == leaving_.size()) {
    leaving_ = {};
    left_ = 0;
    if (Task done = std::exchange(drained_, nullptr)) done();
    return;
  }
  drain_timer_ = shard_.loop.after(kDrainTick, [door = std::weak_ptr(self_)] {
    if (const auto alive = door.lock()) (*alive)->send_away();
  });
}

void RoomDoor::connection_over(ConnectionId id) {
  shard_.gate->disconnected(id);
  shard_.directory->disconnected(id);
  connections_.erase(id);
}

}  // namespace runnel::server
