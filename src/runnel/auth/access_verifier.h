// AccessVerifier: decides who may enter a room. One per event loop; implemented by the token
// verifiers of auth/ and by the backends of backend/. It remembers nothing: caching, bounds and
// re-check timing are AccessGate's.
//
// Invariant: an outage is Unknown, never Deny. Only an answer that says no is a no.
#pragma once

#include "runnel/auth/grant.h"
#include "runnel/auth/secret.h"

#include "base/executor.h"
#include "base/ids.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace runnel::auth {

struct AccessRequest {
  RoomId room;
  Secret token;                // empty: the client sent none
  std::string connection_key;  // `_pk` as the client sent it; empty when it sent none
  std::string address;         // of the client, for bounds and logs
};

struct Allow {
  Grant grant;
};

// Why somebody is refused; the status and the texts that clients see follow from it.
enum class DenyReason : std::uint8_t {
  MissingToken,     // 401
  InvalidToken,     // 401: unknown, expired, badly signed
  Forbidden,        // 403: known, and not allowed in this room
  WrongRoom,        // 403: the token was made for another room
  TooManyRefusals,  // 429: this address or connection id was refused too often
};

struct Deny {
  DenyReason reason{DenyReason::InvalidToken};
  Duration retry_after{0};  // 0: another try tells the same; else it may not, after that long
  // For the operator's log, for the client is not told: what was expected, nothing of the token.
  std::string_view why{};
};

// The one who knows could not be asked: 503 with Retry-After.
struct Unknown {
  Duration retry_after{std::chrono::seconds{2}};
  std::string detail;  // for the log; no secrets
};

using Verdict = std::variant<Allow, Deny, Unknown>;

// HTTP status of a refusal: 401, 403 or 429.
[[nodiscard]] int deny_status(DenyReason reason) noexcept;

// Body of the HTTP refusal, such as "Missing token", as the application to replace has it.
[[nodiscard]] std::string_view deny_text(DenyReason reason) noexcept;

// Code of the JSON message and the close reason in frame mode: AUTH_MISSING, AUTH_INVALID or
// AUTH_FORBIDDEN.
[[nodiscard]] std::string_view deny_code(DenyReason reason) noexcept;

class AccessVerifier {
 public:
  using VerdictDone = std::move_only_function<void(Verdict)>;

  AccessVerifier() = default;
  AccessVerifier(const AccessVerifier&) = delete;
  AccessVerifier& operator=(const AccessVerifier&) = delete;
  AccessVerifier(AccessVerifier&&) = delete;
  AccessVerifier& operator=(AccessVerifier&&) = delete;
  virtual ~AccessVerifier() = default;

  // `done` runs exactly once on this loop, possibly before this returns.
  virtual void verify(const AccessRequest& request, VerdictDone done) = 0;
};

// Whether a user who is connected still may be. Implemented by backends; token verifiers have none.
class AccessChecker {
 public:
  // Allow carries the identity with its present access level, Deny means revoked.
  using CheckDone = std::move_only_function<void(Verdict)>;

  AccessChecker() = default;
  AccessChecker(const AccessChecker&) = delete;
  AccessChecker& operator=(const AccessChecker&) = delete;
  AccessChecker(AccessChecker&&) = delete;
  AccessChecker& operator=(AccessChecker&&) = delete;
  virtual ~AccessChecker() = default;

  // `done` runs exactly once on this loop, possibly before this returns.
  virtual void check(const RoomId& room, const Identity& identity, CheckDone done) = 0;
};

}  // namespace runnel::auth
