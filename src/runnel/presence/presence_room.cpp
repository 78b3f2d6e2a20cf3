#include "runnel/presence/presence_room.h"

#include <boost/json.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace runnel::presence {

namespace json = boost::json;
using room::Connection;

namespace {

// A token takes some kilobytes; nothing else that a client says may be as long.
constexpr std::size_t kControlBytesMax = std::size_t{64} * 1024;

// What the runtime keeps for us with each connection.
struct Sender final : room::ConnectionState {
  std::string user_id;  // under which it is shown, also after its identity changed
  std::int64_t minute_start_ms{0};
  int malformed{0};
};

Sender& sender_of(const Connection& connection) {
  return static_cast<Sender&>(*connection.state());
}

// Somebody without an account is a person of their own per connection.
std::string user_id_of(const Connection& connection) {
  const std::string& id = connection.identity().user_id;
  return id.empty() ? "anonymous:" + std::to_string(connection.id().value()) : id;
}

// What others see of a user: what the tab says, and who they are, which only the server says.
std::string user_json(const json::object& said, const Connection& connection) {
  json::object user;
  for (const auto& field : said) {
    if (field.key() != "type") user[field.key()] = field.value();
  }
  const Identity& identity = connection.identity();
  user["userId"] = user_id_of(connection);
  if (!identity.user_name.empty()) user["userName"] = identity.user_name;
  if (!identity.user_image.empty()) user["userImage"] = identity.user_image;
  return json::serialize(user);
}

}  // namespace

void PresenceRoom::on_connect(Connection& connection) {
  auto sender = std::make_unique<Sender>();
  sender->user_id = user_id_of(connection);
  connection.set_state(std::move(sender));
  connection.send_text(snapshot());
}

void PresenceRoom::on_message(Connection& connection, PayloadKind kind, ByteView payload) {
  if (kind != PayloadKind::Text || payload.size() > kControlBytesMax) {
    refuse(connection);
    return;
  }
  receive(connection, as_text(payload));
}

void PresenceRoom::receive(Connection& connection, std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(json::string_view(text.data(), text.size()), error);
  const json::object* message = error ? nullptr : parsed.if_object();
  const json::value* type = message == nullptr ? nullptr : message->if_contains("type");
  const bool is_refresh =
      type != nullptr && type->is_string() && type->get_string() == "token_refresh";
  if (type == nullptr || !type->is_string() ||
      (!is_refresh && text.size() > options_.message_bytes)) {
    refuse(connection);
    return;
  }
  // Whatever else is somebody else's message.
  if (type->get_string() == "presence_update") update(connection, *message);
  if (is_refresh) refresh(connection, *message);
}

void PresenceRoom::update(Connection& connection, const json::object& message) {
  const std::string& user_id = sender_of(connection).user_id;
  std::string user = user_json(message, connection);
  Tab& tab = users_[user_id][connection.id()];
  tab.said = ++said_;
  if (tab.user == user) return;
  tab.user = std::move(user);
  changed(user_id);
}

// As in every room: docs/formats/control-messages.md.
void PresenceRoom::refresh(Connection& connection, const json::object& message) {
  const json::value* token = message.if_contains("token");
  if (token == nullptr || !token->is_string() || !options_.token_refresh) {
    connection.send_text(R"({"type":"error","code":"AUTH_INVALID"})");
    return;
  }
  options_.token_refresh(
      connection.id(), std::string(token->get_string()),
      context_.guard<std::string>([this, id = connection.id()](const std::string& code) {
        Connection* const there = context_.connection(id);
        if (there == nullptr) return;
        const Identity& identity = there->identity();
        const json::object answer =
            code.empty()
                ? json::object{{"type", "auth_ok"},
                               {"userId", identity.user_id},
                               {"userName", identity.user_name},
                               {"accessLevel", std::string(access_level_name(identity.access))}}
                : json::object{{"type", "error"}, {"code", code}};
        there->send_text(json::serialize(answer));
      }));
}

void PresenceRoom::refuse(Connection& connection) {
  Sender& sender = sender_of(connection);
  const std::int64_t now_ms = context_.time().steady_ms();
  if (now_ms - sender.minute_start_ms >= 60'000) {
    sender.minute_start_ms = now_ms;
    sender.malformed = 0;
  }
  if (++sender.malformed == 1) {
    context_.log().warning(
        "a presence message was refused",
        {{"room", context_.id().external_name()}, {"connection", connection.id().value()}});
  }
  if (sender.malformed <= options_.malformed_per_minute) return;
  connection.close(room::close_code::kPolicy, "TOO_MANY_ERRORS");
}

void PresenceRoom::on_close(Connection& connection) {
  forget(connection, sender_of(connection).user_id);
}

void PresenceRoom::forget(Connection& connection, const std::string& user_id) {
  const auto user = users_.find(user_id);
  if (user == users_.end() || user->second.erase(connection.id()) == 0) return;
  if (user->second.empty()) users_.erase(user);
  changed(user_id);
}

void PresenceRoom::on_identity_changed(Connection& connection) {
  Sender& sender = sender_of(connection);
  const std::string user_id = user_id_of(connection);
  if (sender.user_id == user_id) return;
  forget(connection, std::exchange(sender.user_id, user_id));
}

void PresenceRoom::on_revoked(Connection& connection, std::string_view reason) {
  connection.send_text(
      json::serialize(json::object{{"type", "permission_revoked"},
                                   {"reason", json::string_view(reason.data(), reason.size())}}));
  connection.close(room::close_code::kPolicy, "AUTH_FORBIDDEN");
}

void PresenceRoom::on_request(const room::RoomRequest& request, room::Respond respond) {
  if (request.is_internal && request.uri == "runnel:workspace-changed") {
    workspace_changed_ = true;
    schedule_flush();
    respond({.status = 204, .headers = {}, .body = {}});
    return;
  }
  const bool readable = request.method == "GET" && request.is_internal;
  respond({.status = readable ? 200 : 426,
           .headers = {{"content-type", "application/json"}},
           .body = readable ? to_bytes(snapshot()) : Bytes()});
}

void PresenceRoom::describe(std::vector<room::StatField>& fields) const {
  fields.emplace_back("users", static_cast<std::int64_t>(users_.size()));
}

const PresenceRoom::Tab* PresenceRoom::latest(const Tabs& tabs) {
  const auto found =
      std::ranges::max_element(tabs, {}, [](const auto& tab) { return tab.second.said; });
  return found == tabs.end() ? nullptr : &found->second;
}

std::string PresenceRoom::snapshot() const {
  std::string out = R"({"type":"presence_snapshot","users":[)";
  bool first = true;
  for (const auto& [user_id, tabs] : users_) {
    if (!std::exchange(first, false)) out += ',';
    out += latest(tabs)->user;
  }
  return out + "]}";
}

void PresenceRoom::changed(const std::string& user_id) {
  dirty_.insert(user_id);
  schedule_flush();
}

void PresenceRoom::schedule_flush() {
  if (std::exchange(flush_scheduled_, true)) return;
  const Duration since(context_.time().steady_ms() - flushed_ms_);
  if (since >= options_.interval) {
    context_.at_turn_end([this] { flush(); });
  } else {
    context_.after(options_.interval - since, [this] { flush(); });
  }
}

void PresenceRoom::flush() {
  flush_scheduled_ = false;
  flushed_ms_ = context_.time().steady_ms();
  if (std::exchange(workspace_changed_, false)) {
    context_.broadcast(PayloadKind::Text, share(to_bytes(R"({"type":"workspace_changed"})")));
  }
  for (const std::string& user_id : std::exchange(dirty_, {})) {
    const auto user = users_.find(user_id);
    const std::string message =
        user == users_.end()
            ? json::serialize(json::object{{"type", "user_left_presence"}, {"userId", user_id}})
            : R"({"type":"presence_changed","user":)" + latest(user->second)->user + "}";
    context_.broadcast(PayloadKind::Text, share(to_bytes(message)));
  }
}

room::HandlerFactory presence_rooms(PresenceOptions options) {
  return [options = std::move(options)](
             room::RoomContext& context) -> std::unique_ptr<room::RoomHandler> {
    return std::make_unique<PresenceRoom>(context, options);
  };
}

}  // namespace runnel::presence
