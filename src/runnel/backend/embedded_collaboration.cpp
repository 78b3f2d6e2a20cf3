#include "runnel/backend/embedded_collaboration.h"

#include "runnel/auth/json.h"
#include "runnel/net/crypto.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace runnel::backend {

namespace {

namespace json = auth::json;

constexpr std::string_view kVerifyPath = "/collaboration/verify";
constexpr std::string_view kVerifyAlias = "/api/actions/collaboration/verifyAccess";
constexpr std::string_view kSnapshotPath = "/collaboration/snapshot";
constexpr std::string_view kSnapshotAlias = "/api/actions/collaboration/saveSnapshot";
constexpr std::string_view kCheckAccessPath = "/collaboration/check-access";
constexpr std::string_view kTokenPath = "/collaboration/token";

// The types of rooms that the contract knows.
constexpr std::array<std::string_view, 5> kTypes{"doc", "diagram", "task", "spreadsheet",
                                                 "presence"};

std::string query_or_empty(const net::HttpRequest& request, std::string_view name) {
  return net::query_value(net::split_target(request.target).query, name).value_or(std::string{});
}

// The room of a snapshot request; otherwise why there is none.
std::optional<std::string_view> room_problem(std::string_view room) {
  if (room.empty()) return "Missing roomId";
  const TypedName name = split_type(room);
  if (name.type.empty() || name.id.empty()) return "Invalid roomId format";
  if (std::ranges::find(kTypes, name.type) == kTypes.end()) return "Invalid resource type";
  return std::nullopt;
}

// The planning documents name the room in three ways; all are understood.
std::string room_of_body(const json::Object& body) {
  std::string room = json::text_or_empty(body, "roomId");
  if (!room.empty()) return room;
  const std::string type = json::text_or_empty(body, "resourceType");
  const std::string id = json::text_or_empty(body, "resourceId");
  return type.empty() || id.empty() ? std::string{} : type + "-" + id;
}

net::HttpResponse identity_response(const Identity& identity) {
  json::Object answer;
  answer["userId"] = identity.user_id;
  answer["userName"] = identity.user_name;
  if (!identity.user_image.empty()) answer["userImage"] = identity.user_image;
  answer["accessLevel"] = std::string(access_level_name(identity.access));
  if (identity.is_guest) answer["isGuest"] = true;
  if (!identity.share_id.empty()) answer["shareId"] = identity.share_id;
  return net::json_response(200, json::to_string(answer));
}

net::HttpResponse verdict_response(const auth::Verdict& verdict) {
  if (const auto* allow = std::get_if<auth::Allow>(&verdict)) {
    return identity_response(allow->grant.identity);
  }
  const auto* deny = std::get_if<auth::Deny>(&verdict);
  if (deny == nullptr) return error_response(500, "Internal server error");
  switch (deny->reason) {
    case auth::DenyReason::MissingToken:
      return error_response(401, "Missing auth token");
    case auth::DenyReason::WrongRoom:
      return error_response(403, "Room mismatch");
    case auth::DenyReason::Forbidden:
      return error_response(403, "Access denied");
    case auth::DenyReason::InvalidToken:
    case auth::DenyReason::TooManyRefusals:
      return error_response(401, "Invalid or expired token");
  }
  return error_response(401, "Invalid or expired token");
}

}  // namespace

net::HttpResponse error_response(int status, std::string_view text) {
  json::Object body;
  body["error"] = std::string(text);
  return net::json_response(status, json::to_string(body));
}

bool presents_secret(const net::HttpRequest& request, const auth::Secret& secret) {
  if (const auto token = net::bearer_token(request)) return secret.equals(*token);
  const auto field = request.headers.find("X-PartyKit-Secret");
  return field && secret.equals(*field);
}

bool EmbeddedCollaboration::wants(std::string_view path) {
  return path.starts_with("/collaboration/") || path == kVerifyAlias || path == kSnapshotAlias;
}

net::HttpResponse EmbeddedCollaboration::handle(const net::HttpRequest& request,
                                                std::string_view session_user) {
  const std::string_view path = net::split_target(request.target).path;
  const bool is_post = request.method == "POST";
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (path == kVerifyPath || path == kVerifyAlias) {
    return is_post ? verify(request) : error_response(405, "Method not allowed");
  }
  if (path == kTokenPath) {
    return is_post ? mint(request, session_user) : error_response(405, "Method not allowed");
  }
  if (path == kCheckAccessPath) {
    return is_get ? check_access(request) : error_response(405, "Method not allowed");
  }
  if (path == kSnapshotPath && is_get) return get_snapshot(request);
  if (path == kSnapshotPath || path == kSnapshotAlias) {
    return is_post ? post_snapshot(request) : error_response(405, "Method not allowed");
  }
  return error_response(404, "Not found");
}

std::optional<net::HttpResponse> EmbeddedCollaboration::refuse_stranger(
    const net::HttpRequest& request) const {
  if (secret_.empty()) return error_response(500, "Server configuration error");
  if (!net::bearer_token(request) && !request.headers.find("X-PartyKit-Secret")) {
    return error_response(401, "Missing authorization header");
  }
  if (!presents_secret(request, secret_)) return error_response(401, "Unauthorized");
  return std::nullopt;
}

net::HttpResponse EmbeddedCollaboration::broken(std::string_view what, const Error& error) const {
  log_.error("the embedded backend could not answer",
             {{"request", what}, {"error", to_string(error)}});
  return error_response(500, "Internal server error");
}

net::HttpResponse EmbeddedCollaboration::verify(const net::HttpRequest& request) {
  const auto body = json::parse_object(as_text(request.body), "the verify request");
  std::string token(net::bearer_token(request).value_or(std::string_view{}));
  if (token.empty() && body) token = json::text_or_empty(*body, "token");
  if (token.empty()) return error_response(401, "Missing auth token");
  const std::string room = body ? room_of_body(*body) : std::string{};
  if (room.empty()) return error_response(400, "Missing roomId");
  const auto verdict = access_.verify(token, room);
  return verdict ? verdict_response(*verdict) : broken("verify", verdict.error());
}

net::HttpResponse EmbeddedCollaboration::check_access(const net::HttpRequest& request) {
  if (auto refusal = refuse_stranger(request)) return std::move(*refusal);
  const std::string room = query_or_empty(request, "roomId");
  Identity identity;
  identity.user_id = query_or_empty(request, "userId");
  identity.share_id = query_or_empty(request, "shareId");
  if (room.empty() || identity.user_id.empty()) {
    return error_response(400, "Missing roomId or userId");
  }
  const auto level = access_.level_of(room, identity);
  if (!level) return broken("check-access", level.error());
  json::Object answer;
  const std::optional<AccessLevel>& allowed = *level;
  answer["hasAccess"] = allowed.has_value();
  if (allowed) answer["accessLevel"] = std::string(access_level_name(*allowed));
  return net::json_response(200, json::to_string(answer));
}

net::HttpResponse EmbeddedCollaboration::get_snapshot(const net::HttpRequest& request) {
  if (auto refusal = refuse_stranger(request)) return std::move(*refusal);
  const std::string room = query_or_empty(request, "roomId");
  if (const auto problem = room_problem(room)) return error_response(400, *problem);
  auto snapshot = snapshots_.load(room);
  if (!snapshot) return broken("snapshot", snapshot.error());
  switch (snapshot->state) {
    case SnapshotState::None:
      return error_response(404, "No snapshot found");
    case SnapshotState::FileMissing:
      return error_response(404, "Snapshot file not found");
    case SnapshotState::Content:
      break;
  }
  net::HttpResponse response;
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("ETag", snapshot->etag);
  response.headers.add("Cache-Control", "no-store");
  response.shared_body = share(std::move(snapshot->bytes));
  return response;
}

net::HttpResponse EmbeddedCollaboration::post_snapshot(const net::HttpRequest& request) {
  if (auto refusal = refuse_stranger(request)) return std::move(*refusal);
  std::string room = query_or_empty(request, "roomId");
  if (room.empty()) room = std::string(request.headers.find("X-Room-Id").value_or(""));
  if (const auto problem = room_problem(room)) return error_response(400, *problem);
  if (request.body.size() > kSnapshotBytesMax) return error_response(413, "Snapshot too large");
  const auto reply = snapshots_.offer({.room = room,
                                       .bytes = request.body,
                                       .if_match = request.headers.find("If-Match").value_or(""),
                                       .force = query_or_empty(request, "force") == "1"});
  if (!reply) return broken("snapshot", reply.error());
  net::HttpResponse stored = net::json_response(200, R"({"success":true})");
  switch (reply->outcome) {
    case OfferOutcome::Stored:
      stored.headers.add("ETag", reply->etag);
      return stored;
    case OfferOutcome::NoResource:
      // As the application answers: the resource was deleted while people were still in its room.
      log_.warning("a snapshot came for something that does not exist", {{"room", room}});
      return stored;
    case OfferOutcome::NotADocument:
      return error_response(400, "Invalid snapshot");
    case OfferOutcome::PreconditionFailed:
      return error_response(412, "PERSIST_STALE_SNAPSHOT");
    case OfferOutcome::Stale:
      return error_response(409, "PERSIST_STALE_SNAPSHOT");
  }
  return stored;
}

// A server (with the secret) mints for anybody it names; who is signed in mints for themselves; who
// has a share link, as a guest.
net::HttpResponse EmbeddedCollaboration::mint(const net::HttpRequest& request,
                                              std::string_view session_user) {
  const auto body = json::parse_object(as_text(request.body), "the token request");
  if (!body) return error_response(400, "Invalid request body");
  const std::string room = json::text_or_empty(*body, "roomId");
  if (room.empty()) return error_response(400, "Missing roomId");
  const bool is_server = presents_secret(request, secret_);
  Identity identity;
  identity.share_id = json::text_or_empty(*body, "shareId");
  identity.user_id = is_server ? json::text_or_empty(*body, "userId") : std::string(session_user);
  if (!identity.share_id.empty()) {
    identity.is_guest = true;
    identity.user_name = json::text(*body, "userName").value_or("Guest");
    identity.user_id = access_.guest_id();
  } else if (identity.user_id.empty()) {
    return is_server ? error_response(400, "Missing userId") : error_response(401, "Unauthorized");
  } else {
    const auto asked = store_.user(identity.user_id);
    if (!asked) return broken("token", asked.error());
    const auto& user = *asked;
    if (!user) return error_response(404, "Unknown user");
    identity.user_name = user->name;
    identity.user_image = user->image;
  }
  const bool wants_hmac = json::text_or_empty(*body, "kind") == "hmac";
  const auto minted =
      access_.mint(room, std::move(identity), wants_hmac ? TokenKind::Hmac : TokenKind::OneTime);
  if (!minted && minted.error().code == Errc::Denied) return error_response(403, "Access denied");
  if (!minted) return broken("token", minted.error());
  json::Object answer;
  answer["token"] = minted->token;
  answer["roomId"] = room;
  answer["expiresAt"] = minted->expires_ms;
  answer["accessLevel"] = std::string(access_level_name(minted->identity.access));
  net::HttpResponse response = net::json_response(200, json::to_string(answer));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

}  // namespace runnel::backend
