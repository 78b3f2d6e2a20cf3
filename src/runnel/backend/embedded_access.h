// Who may do what, by the embedded backend's tables, and the tokens that prove it. Rooms are called
// by their external names ("doc-…", "presence-…").
//
// One thread at a time.
#pragma once

#include "runnel/auth/access_verifier.h"
#include "runnel/auth/secret.h"
#include "runnel/backend/embedded_store.h"

#include "base/executor.h"
#include "base/random_source.h"
#include "base/result.h"
#include "base/time_source.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runnel::backend {

enum class TokenKind : std::uint8_t {
  OneTime,  // random; used up by the verification that succeeds
  Hmac,     // signed; good until it expires
};

struct MintedToken {
  std::string token;
  std::int64_t expires_ms{0};
  Identity identity;
};

class EmbeddedAccess {
 public:
  static constexpr Duration kTokenLifetime{std::chrono::minutes{5}};

  // All outlive this. `secret` signs HMAC tokens; empty: a key of its own, kept in the store.
  EmbeddedAccess(EmbeddedStore& store, const TimeSource& time, RandomSource& random,
                 auth::Secret secret)
      : store_(store), time_(time), random_(random), secret_(std::move(secret)) {}

  // What a user may do in a room; none: not even read.
  Result<std::optional<AccessLevel>> level(std::string_view room, std::string_view user_id);

  // What a share link allows in a room; none for a link that is gone, expired or another room's.
  Result<std::optional<AccessLevel>> link_level(std::string_view room, std::string_view share_id);

  // Whether the room belongs to something in the tables, so that its rights protect it.
  Result<bool> is_resource(std::string_view room);

  // What an identity may do now: by its share link for guests, else by its roles.
  Result<std::optional<AccessLevel>> level_of(std::string_view room, const Identity& identity);

  // A token for who may enter; Denied for everybody else.
  Result<MintedToken> mint(std::string_view room, Identity identity, TokenKind kind);

  // A new id for a guest: "guest:" and something random.
  [[nodiscard]] std::string guest_id();

  // Allow uses a one-time token up; Deny never does.
  Result<auth::Verdict> verify(std::string_view token, std::string_view room);

 private:
  Result<auth::Secret> signing_secret();
  Result<std::optional<AccessLevel>> resource_level(const Resource& resource,
                                                    std::string_view user_id);

  EmbeddedStore& store_;
  const TimeSource& time_;
  RandomSource& random_;
  auth::Secret secret_;
};

}  // namespace runnel::backend
