#include "runnel/collab/control_messages.h"

#include <boost/json.hpp>

namespace runnel::collab {

namespace json = boost::json;

namespace {

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string service_status(bool available, std::string_view degraded_reason) {
  json::object out{{"type", "service_status"}, {"available", available}};
  if (!degraded_reason.empty()) out["degradedReason"] = view(degraded_reason);
  return json::serialize(out);
}

std::string permission_revoked(std::string_view reason) {
  return json::serialize(json::object{{"type", "permission_revoked"}, {"reason", view(reason)}});
}

std::string sync_complete(std::uint64_t snapshot_version) {
  return json::serialize(
      json::object{{"type", "sync_complete"}, {"snapshotVersion", snapshot_version}});
}

// By hand: every writer is sent one ten times a second, and there are only numbers in it.
std::string ack_message(const Ack& ack) {
  return "{\"type\":\"ack\",\"received\":" + std::to_string(ack.received) +
         ",\"durable\":" + std::to_string(ack.durable) +
         ",\"backend\":" + std::to_string(ack.backend) + "}";
}

std::string access_level(AccessLevel level, bool frozen) {
  json::object out{{"type", "access_level"}, {"level", view(access_level_name(level))}};
  if (frozen) out["frozen"] = true;
  return json::serialize(out);
}

std::string auth_ok(const Identity& identity, AccessLevel level) {
  return json::serialize(json::object{{"type", "auth_ok"},
                                      {"userId", identity.user_id},
                                      {"userName", identity.user_name},
                                      {"accessLevel", view(access_level_name(level))}});
}

std::string error_message(std::string_view code, std::string_view detail) {
  json::object out{{"type", "error"}, {"code", view(code)}};
  if (!detail.empty()) out["message"] = view(detail);
  return json::serialize(out);
}

std::optional<std::string> token_of(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(view(text), error);
  const json::object* object = error ? nullptr : parsed.if_object();
  const json::value* token = object == nullptr ? nullptr : object->if_contains("token");
  if (token == nullptr || !token->is_string()) return std::nullopt;
  return std::string(token->get_string().data(), token->get_string().size());
}

}  // namespace runnel::collab
