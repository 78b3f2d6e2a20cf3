// How HttpBackend reads answers.
#include "runnel/auth/json.h"
#include "runnel/backend/http_backend.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace runnel::backend {

namespace {

namespace json = auth::json;

constexpr int kOk = 200;
constexpr int kNoContent = 204;
constexpr int kBadRequest = 400;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr int kPreconditionFailed = 412;
constexpr int kContentTooLarge = 413;

// What went wrong, as a phrase for the log; holds no part of the body, which may be anything.
std::string describe(const net::HttpReply& reply) {
  if (reply.outcome == net::HttpOutcome::Response) return "status " + std::to_string(reply.status);
  std::string text(net::http_outcome_name(reply.outcome));
  if (!reply.detail.empty()) text += ": " + reply.detail;
  return text;
}

// Retry-After in seconds; the date form is not worth its clock skew here. At most five minutes, so
// that a wrong value does not silence a room.
Duration retry_after(const net::HttpReply& reply) {
  constexpr std::int64_t kSecondsMax = 300;
  const auto field = reply.headers.find("Retry-After");
  if (!field) return Duration{0};
  std::int64_t seconds = 0;
  const char* begin = std::to_address(field->begin());
  const char* end = begin + field->size();
  const auto [at, error] = std::from_chars(begin, end, seconds);
  if (error != std::errc{} || at != end || seconds < 0) return Duration{0};
  return std::chrono::seconds{std::min(seconds, kSecondsMax)};
}

auth::Unknown unknown(const net::HttpReply& reply, std::string_view what) {
  auth::Unknown result;
  result.retry_after = std::max(result.retry_after, retry_after(reply));
  result.detail = std::string(what) + ": " + describe(reply);
  return result;
}

auth::Verdict read_identity(const net::HttpReply& reply) {
  const auto body = json::parse_object(as_text(reply.body), "the answer to verify");
  const std::string user_id = body ? json::text_or_empty(*body, "userId") : std::string{};
  // Allowed, but nobody knows who: a broken backend is no reason to let a stranger in, nor to call
  // a good token bad.
  if (user_id.empty()) return auth::Unknown{.detail = "verify: 2xx without a userId"};
  auth::Grant grant;
  grant.identity.user_id = user_id;
  grant.identity.user_name = json::text_or_empty(*body, "userName");
  grant.identity.user_image = json::text_or_empty(*body, "userImage");
  grant.identity.share_id = json::text_or_empty(*body, "shareId");
  grant.identity.is_guest = json::boolean(*body, "isGuest").value_or(user_id.starts_with("guest:"));
  if (body->contains("accessLevel")) {
    grant.identity.access = parse_access_level(json::text_or_empty(*body, "accessLevel"));
  } else {
    grant.identity.access = grant.identity.is_guest ? AccessLevel::View : AccessLevel::Edit;
  }
  grant.expires_ms = json::integer(*body, "expiresAt").value_or(0);
  return auth::Allow{std::move(grant)};
}

}  // namespace

auth::Verdict read_verify_reply(const net::HttpReply& reply) {
  using auth::Deny;
  using auth::DenyReason;
  if (reply.outcome != net::HttpOutcome::Response) return unknown(reply, "verify");
  if (reply.is_success()) return read_identity(reply);
  switch (reply.status) {
    case kUnauthorized:
      return Deny{.reason = DenyReason::InvalidToken};
    case kForbidden: {
      const auto body = json::parse_object(as_text(reply.body), "the answer to verify");
      const bool mismatch = body && json::text_or_empty(*body, "error") == "Room mismatch";
      return Deny{.reason = mismatch ? DenyReason::WrongRoom : DenyReason::Forbidden};
    }
    case kBadRequest:
    case kNotFound:
      return Deny{.reason = DenyReason::Forbidden};
    default:
      return unknown(reply, "verify");
  }
}

auth::Verdict read_check_reply(const net::HttpReply& reply, const Identity& identity) {
  // Here 401, 403 and 404 speak of the secret or the path, not of the user: only a body that says
  // "hasAccess": false revokes.
  if (!reply.is_success()) return unknown(reply, "check-access");
  const auto body = json::parse_object(as_text(reply.body), "the answer to check-access");
  const auto has_access = body ? json::boolean(*body, "hasAccess") : std::nullopt;
  if (!has_access) return auth::Unknown{.detail = "check-access: 2xx without hasAccess"};
  if (!*has_access) return auth::Deny{.reason = auth::DenyReason::Forbidden};
  auth::Grant grant{.identity = identity};
  if (body->contains("accessLevel")) {
    grant.identity.access = parse_access_level(json::text_or_empty(*body, "accessLevel"));
  }
  return auth::Allow{std::move(grant)};
}

LoadReply read_load_reply(net::HttpReply reply) {
  LoadReply result;
  if (reply.outcome != net::HttpOutcome::Response) {
    result.reason = "loading the snapshot: " + describe(reply);
    return result;
  }
  if (const auto etag = reply.headers.find("ETag")) result.etag = std::string(*etag);
  if (reply.status == kNoContent || reply.status == kNotFound) {
    result.outcome = LoadOutcome::Empty;
    return result;
  }
  if (reply.status == kOk) {
    result.outcome = LoadOutcome::Content;
    result.body = std::move(reply.body);
    return result;
  }
  result.retry_after = retry_after(reply);
  result.reason = "loading the snapshot: " + describe(reply);
  return result;
}

SaveReply read_save_reply(const net::HttpReply& reply) {
  SaveReply result;
  result.retry_after = retry_after(reply);
  result.reason = "saving the snapshot: " + describe(reply);
  if (reply.outcome != net::HttpOutcome::Response) return result;
  if (reply.is_success()) {
    result.status = SaveStatus::Stored;
    result.reason.clear();
    if (const auto etag = reply.headers.find("ETag")) result.etag = std::string(*etag);
    return result;
  }
  switch (reply.status) {
    case kConflict:
    case kPreconditionFailed:
      result.status = SaveStatus::Stale;
      break;
    case kContentTooLarge:
      result.status = SaveStatus::TooLarge;
      break;
    case kBadRequest:
    case kUnauthorized:
    case kForbidden:
      result.status = SaveStatus::Denied;
      break;
    default:
      break;
  }
  return result;
}

}  // namespace runnel::backend
