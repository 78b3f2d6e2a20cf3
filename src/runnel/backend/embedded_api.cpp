#include "runnel/backend/embedded_api.h"

#include "runnel/auth/json.h"
#include "runnel/backend/embedded_api_call.h"
#include "runnel/net/crypto.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace runnel::backend {

namespace {

namespace json = auth::json;

constexpr std::string_view kPrefix = "/api/";
constexpr std::string_view kCookie = "runnel_session";
constexpr std::size_t kTextBytesMax = 1000;

std::vector<std::string> segments(std::string_view path) {
  path.remove_prefix(kPrefix.size());
  std::vector<std::string> found;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    found.push_back(net::percent_decode(segment).value_or(std::string(segment)));
    path.remove_prefix(std::min(path.size(), slash + 1));
  }
  return found;
}

// Value of one cookie; fields of several cookies are separated by "; " (RFC 6265, 4.2.1).
std::string cookie(const net::HttpRequest& request, std::string_view name) {
  std::string fields = request.headers.joined("Cookie");
  std::replace(fields.begin(), fields.end(), ',', ';');
  std::string_view rest = fields;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return std::string(pair.substr(equals + 1));
    }
  }
  return {};
}

std::string session_cookie(std::string_view value, std::int64_t seconds) {
  return std::string(kCookie) + "=" + std::string(value) +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(seconds);
}

json::Object user_json(const EmbeddedUser& user) {
  json::Object object;
  object["id"] = user.id;
  object["name"] = user.name;
  object["color"] = user.color;
  if (!user.image.empty()) object["image"] = user.image;
  return object;
}

// A browser sends JSON across sites only after asking (CORS), which is refused; anything else could
// come from a form on a foreign page, with the cookie.
bool is_json(const net::HttpRequest& request) {
  const auto type = request.headers.find("Content-Type");
  return type && type->starts_with("application/json");
}

}  // namespace

net::HttpResponse api_list(const boost::json::array& list) {
  return net::json_response(200, boost::json::serialize(list));
}

bool EmbeddedApi::wants(std::string_view path) { return path.starts_with(kPrefix); }

std::string EmbeddedApi::new_id() { return net::random_token(deps_.random, 9); }

Result<std::string> EmbeddedApi::session_user(const net::HttpRequest& request) {
  const std::string token = cookie(request, kCookie);
  if (token.empty()) return std::string{};
  const auto user = RUNNEL_TRY(deps_.store.session_user(token_hash(token), deps_.time.wall_ms()));
  return user.value_or(std::string{});
}

net::HttpResponse EmbeddedApi::handle(const net::HttpRequest& request) {
  Call call{.request = request,
            .path = segments(net::split_target(request.target).path),
            .body = {},
            .is_server = presents_secret(request, deps_.secret),
            .user_id = {},
            .change = {}};
  if (!request.body.empty()) {
    if (!is_json(request)) return error_response(415, "The body must be application/json");
    auto body = json::parse_object(as_text(request.body), "the request body");
    if (!body) return error_response(400, body.error().detail);
    call.body = std::move(*body);
  }
  for (const char* key : {"name", "title", "id", "image", "color", "status"}) {
    if (call.text(key).size() > kTextBytesMax) {
      return error_response(400, std::string(key) + " has more than 1000 bytes");
    }
  }
  auto user = session_user(request);
  if (user) call.user_id = std::move(*user);
  auto response = user ? route(call) : Result<net::HttpResponse>(std::unexpected(user.error()));
  if (response) {
    tell(call, *response);
    response->headers.add("Cache-Control", "no-store");
    return std::move(*response);
  }
  if (response.error().code == Errc::Conflict) return error_response(409, response.error().detail);
  deps_.log.error("the embedded backend could not answer",
                  {{"request", request.method}, {"error", to_string(response.error())}});
  return error_response(500, "Internal server error");
}

void EmbeddedApi::tell(const Call& call, const net::HttpResponse& response) const {
  const EmbeddedChange& change = call.change;
  if (!deps_.on_change || call.is("GET") || response.status >= 300) return;
  if (!change.workspace_id.empty() || !change.room.empty()) deps_.on_change(change);
}

Result<net::HttpResponse> EmbeddedApi::route(Call& call) {
  if (call.path.empty()) return api_not_found();
  const std::string& first = call.path[0];
  if (first == "people" || first == "users") return users(call);
  if (first == "session") return session(call);
  if (first == "share") return shared(call);
  if (first == "rooms") return room_snapshot(call);
  if (call.is_nobody()) return error_response(401, "Unauthorized");
  if (first == "workspaces") return workspaces(call);
  if (first == "projects") return projects(call);
  if (first == "documents" || first == "diagrams" || first == "tasks") return resources(call);
  if (first == "share-links") return share_link(call);
  return api_not_found();
}

// Who there is. Signing in as one of them is for `runnel dev`; otherwise only the secret may ask.
Result<net::HttpResponse> EmbeddedApi::users(Call& call) {
  if (call.path.size() != 1) return api_not_found();
  if (call.is("GET")) {
    if (!deps_.sign_in && call.is_nobody()) return error_response(401, "Unauthorized");
    boost::json::array list;
    for (const EmbeddedUser& user : RUNNEL_TRY(deps_.store.users())) {
      list.emplace_back(user_json(user));
    }
    return api_list(list);
  }
  if (!call.is("POST")) return api_wrong_method();
  if (!call.is_server)
    return call.is_nobody() ? error_response(401, "Unauthorized") : api_forbidden();
  EmbeddedUser user{.id = call.text("id"),
                    .name = call.text("name"),
                    .image = call.text("image"),
                    .color = call.text("color")};
  if (user.name.empty()) return error_response(400, "Missing name");
  if (user.id.empty()) user.id = new_id();
  if (user.color.empty()) user.color = "#64748b";
  RUNNEL_TRY_VOID(deps_.store.put_user(user));
  return api_answer(user_json(user), 201);
}

Result<net::HttpResponse> EmbeddedApi::session(Call& call) {
  if (call.is("POST")) return sign_in(call);
  if (call.is("DELETE")) {
    RUNNEL_TRY_VOID(deps_.store.erase_session(token_hash(cookie(call.request, kCookie))));
    net::HttpResponse response = api_done();
    response.headers.add("Set-Cookie", session_cookie("", 0));
    return response;
  }
  if (!call.is("GET")) return api_wrong_method();
  const auto user = RUNNEL_TRY(deps_.store.user(call.user_id));
  if (!user) return error_response(401, "Nobody is signed in");
  json::Object answer;
  answer["user"] = user_json(*user);
  return api_answer(answer);
}

Result<net::HttpResponse> EmbeddedApi::sign_in(Call& call) {
  if (!deps_.sign_in && !call.is_server) return api_forbidden();
  const auto user = RUNNEL_TRY(deps_.store.user(call.text("userId")));
  if (!user) return error_response(404, "Unknown user");
  const std::string token = net::random_token(deps_.random);
  RUNNEL_TRY_VOID(deps_.store.put_session(token_hash(token), user->id,
                                          deps_.time.wall_ms() + kSessionLifetime.count()));
  json::Object answer;
  answer["user"] = user_json(*user);
  net::HttpResponse response = api_answer(answer);
  response.headers.add("Set-Cookie", session_cookie(token, kSessionLifetime.count() / 1000));
  return response;
}

Result<std::optional<std::string>> EmbeddedApi::workspace_role(const Call& call,
                                                               std::string_view id) {
  if (call.is_server) return std::optional<std::string>("admin");
  return deps_.store.role(EmbeddedStore::Group::Workspace, id, call.user_id);
}

Result<std::optional<AccessLevel>> EmbeddedApi::level(const Call& call, std::string_view room) {
  if (call.is_server) return std::optional(AccessLevel::Edit);
  return deps_.access.level(room, call.user_id);
}

// What the browser of a guest or member shows when no connection stands.
Result<net::HttpResponse> EmbeddedApi::room_snapshot(Call& call) {
  if (call.path.size() != 3 || call.path[2] != "snapshot") return api_not_found();
  if (!call.is("GET")) return api_wrong_method();
  const std::string& room = call.path[1];
  const std::string share_id =
      net::query_value(net::split_target(call.request.target).query, "share").value_or("");
  const auto allowed = share_id.empty() ? RUNNEL_TRY(level(call, room))
                                        : RUNNEL_TRY(deps_.access.link_level(room, share_id));
  if (!allowed) {
    return call.is_nobody() && share_id.empty() ? error_response(401, "Unauthorized")
                                                : api_forbidden();
  }
  EmbeddedSnapshot snapshot = RUNNEL_TRY(deps_.snapshots.load(room));
  if (snapshot.state != SnapshotState::Content) return error_response(404, "No snapshot found");
  net::HttpResponse response;
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("ETag", snapshot.etag);
  response.shared_body = runnel::share(std::move(snapshot.bytes));
  return response;
}

}  // namespace runnel::backend
