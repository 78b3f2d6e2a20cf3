#include "runnel/backend/http_backend.h"

#include "runnel/auth/json.h"
#include "runnel/net/crypto.h"

#include <utility>

namespace runnel::backend {

namespace {

namespace json = auth::json;

constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024;
// Servers take 8 to 16 KiB of headers. A document with thousands of clients would exceed that with
// its state vector alone and could never be saved; it goes without.
constexpr std::size_t kStateVectorBytesMax = std::size_t{3} * 1024;
constexpr std::int64_t kBytesPerExtraSecond = std::int64_t{1} << 20U;

std::string without_trailing_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string query(std::string_view name, std::string_view value) {
  return std::string(name) + "=" + net::percent_encode(value);
}

}  // namespace

HttpBackend::HttpBackend(HttpBackendDeps deps, HttpBackendOptions options)
    : deps_(deps), options_(std::move(options)) {
  options_.url = without_trailing_slash(std::move(options_.url));
}

std::string HttpBackend::missing_setting() const {
  if (options_.url.empty()) return "backend.url is not set";
  if (options_.secret.empty()) return "backend.secret is not set";
  return {};
}

net::HttpCall HttpBackend::call_for(const RoomId& room, std::string_view path,
                                    const auth::Secret& bearer) {
  net::HttpCall call;
  call.url = options_.url + std::string(path);
  call.timeout = options_.timeout;
  call.response_bytes_max = kAnswerBytesMax;
  call.headers.add("Authorization", "Bearer " + std::string(bearer.reveal()));
  // Raw, as the old server sends it: a room name holds no control bytes (RoomId::create).
  call.headers.add("X-Room-Id", room.external_name());
  call.headers.add("X-Request-Id", net::random_token(deps_.random, 12));
  return call;
}

void HttpBackend::verify(const auth::AccessRequest& request, VerdictDone done) {
  if (request.token.empty()) {
    done(auth::Deny{.reason = auth::DenyReason::MissingToken});
    return;
  }
  if (options_.url.empty()) {
    done(auth::Unknown{.detail = "backend.url is not set"});
    return;
  }
  const std::string name = request.room.external_name();
  const TypedName typed = split_type(name);
  json::Object body;
  body["roomId"] = name;
  body["resourceType"] = std::string(typed.type);
  body["resourceId"] = std::string(typed.id);
  if (options_.legacy_body) body["token"] = std::string(request.token.reveal());
  net::HttpCall call = call_for(request.room, options_.verify_path, request.token);
  call.method = "POST";
  call.headers.add("Content-Type", "application/json");
  call.body = to_bytes(json::to_string(body));
  deps_.client.call(
      std::move(call), deps_.executor,
      [&log = deps_.log, name, done = std::move(done)](const net::HttpReply& reply) mutable {
        constexpr int kBadRequest = 400;
        if (reply.status == kBadRequest) {
          log.warning("the backend calls a verify request bad; the client is refused",
                      {{"room", name}});
        }
        done(read_verify_reply(reply));
      });
}

void HttpBackend::check(const RoomId& room, const Identity& identity, CheckDone done) {
  if (const std::string missing = missing_setting(); !missing.empty()) {
    done(auth::Unknown{.detail = missing});
    return;
  }
  net::HttpCall call = call_for(room, options_.check_access_path, options_.secret);
  call.url += "?" + query("roomId", room.external_name()) + "&" + query("userId", identity.user_id);
  if (!identity.share_id.empty()) call.url += "&" + query("shareId", identity.share_id);
  deps_.client.call(std::move(call), deps_.executor,
                    [identity, done = std::move(done)](const net::HttpReply& reply) mutable {
                      done(read_check_reply(reply, identity));
                    });
}

void HttpBackend::load(const RoomId& room, LoadDone done) {
  if (std::string missing = missing_setting(); !missing.empty()) {
    done({.reason = std::move(missing)});
    return;
  }
  net::HttpCall call = call_for(room, options_.snapshot_path, options_.secret);
  call.url += "?" + query("roomId", room.external_name());
  call.timeout = options_.snapshot_timeout;
  call.response_bytes_max = options_.snapshot_bytes_max;
  deps_.client.call(std::move(call), deps_.executor,
                    [done = std::move(done)](net::HttpReply reply) mutable {
                      done(read_load_reply(std::move(reply)));
                    });
}

void HttpBackend::save(const RoomId& room, SaveCall snapshot, SaveDone done) {
  if (std::string missing = missing_setting(); !missing.empty()) {
    done({.reason = std::move(missing)});
    return;
  }
  net::HttpCall call = call_for(room, options_.snapshot_path, options_.secret);
  call.method = "POST";
  call.url += "?" + query("roomId", room.external_name());
  if (snapshot.force) call.url += "&force=1";
  const auto size = static_cast<std::int64_t>(snapshot.update->size());
  call.timeout = options_.snapshot_timeout + std::chrono::seconds{size / kBytesPerExtraSecond};
  const net::Digest digest = net::sha256(*snapshot.update);
  const std::string version = std::to_string(snapshot.version);
  call.headers.add("Content-Type", "application/octet-stream");
  call.headers.add("X-Snapshot-Version", version);
  if (snapshot.state_vector.size() <= kStateVectorBytesMax) {
    call.headers.add("X-Snapshot-State-Vector", net::base64_encode(snapshot.state_vector));
  }
  call.headers.add("X-Snapshot-Encoding", "v1");
  call.headers.add("X-Snapshot-Digest", "sha-256=" + net::base64_encode(digest));
  call.headers.add("Idempotency-Key", version + "-" + net::to_hex(ByteView(digest).first(8)));
  if (!snapshot.if_match.empty()) call.headers.add("If-Match", snapshot.if_match);
  if (snapshot.if_none) call.headers.add("If-None-Match", "*");
  call.body = *snapshot.update;
  deps_.client.call(std::move(call), deps_.executor,
                    [done = std::move(done)](const net::HttpReply& reply) mutable {
                      done(read_save_reply(reply));
                    });
}

}  // namespace runnel::backend
