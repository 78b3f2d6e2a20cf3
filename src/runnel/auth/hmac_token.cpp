#include "runnel/auth/hmac_token.h"

#include "runnel/auth/json.h"
#include "runnel/net/crypto.h"

#include <optional>

namespace runnel::auth {

namespace {

std::string_view without_padding(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return text;
}

// A guest is what says so or calls itself so; it writes only when that is written in its token,
// where a member without a level edits.
Identity identity_of(const json::Object& claims) {
  Identity identity;
  identity.user_id = json::text_or_empty(claims, "sub");
  identity.user_name = json::text_or_empty(claims, "name");
  identity.user_image = json::text_or_empty(claims, "img");
  identity.share_id = json::text_or_empty(claims, "shareId");
  identity.is_guest =
      json::boolean(claims, "isGuest").value_or(false) || identity.user_id.starts_with("guest:");
  const bool has_level = claims.contains("accessLevel");
  if (has_level) {
    identity.access = parse_access_level(json::text_or_empty(claims, "accessLevel"));
  } else {
    identity.access = identity.is_guest ? AccessLevel::View : AccessLevel::Edit;
  }
  return identity;
}

}  // namespace

std::string mint_hmac_token(const HmacClaims& claims, const Secret& secret) {
  const Identity& identity = claims.identity;
  json::Object payload;
  payload["sub"] = identity.user_id;
  payload["name"] = identity.user_name;
  if (!identity.user_image.empty()) payload["img"] = identity.user_image;
  payload["room"] = claims.room;
  payload["exp"] = claims.expires_ms;
  if (identity.is_guest) payload["isGuest"] = true;
  if (identity.is_guest || identity.access != AccessLevel::Edit) {
    payload["accessLevel"] = std::string(access_level_name(identity.access));
  }
  if (!identity.share_id.empty()) payload["shareId"] = identity.share_id;
  const std::string first = net::base64url_encode(as_bytes(json::to_string(payload)));
  const net::Digest signature = net::hmac_sha256(as_bytes(secret.reveal()), as_bytes(first));
  return first + "." + net::base64url_encode(signature);
}

Verdict verify_hmac_token(std::string_view token, std::string_view room, const Secret& secret,
                          std::int64_t now_ms) {
  const auto invalid = [](std::string_view why) {
    return Deny{.reason = DenyReason::InvalidToken, .retry_after = {}, .why = why};
  };
  const std::size_t dot = token.find('.');
  if (secret.empty() || dot == std::string_view::npos)
    return invalid("it is no token in two parts");
  const std::string_view first = token.substr(0, dot);
  const auto signature = net::base64url_decode(without_padding(token.substr(dot + 1)));
  if (!signature) return invalid("its second part is not base64url");
  const net::Digest expected = net::hmac_sha256(as_bytes(secret.reveal()), as_bytes(first));
  if (!net::equal_constant_time(expected, *signature)) {
    return invalid("its signature is not by the secret that is set");
  }

  const auto payload = net::base64url_decode(without_padding(first));
  if (!payload) return invalid("its first part is not base64url");
  const auto claims = json::parse_object(as_text(*payload), "the token's payload");
  if (!claims) return invalid("its first part is no JSON object");
  const auto expires_ms = json::integer(*claims, "exp");
  if (!expires_ms) return invalid("exp is missing, or no number");
  if (*expires_ms <= now_ms) return invalid("it has expired; exp is in milliseconds");
  if (*expires_ms > now_ms + kTokenLifetimeMaxMs) return invalid("exp is more than a year away");
  Grant grant{.identity = identity_of(*claims), .expires_ms = *expires_ms};
  const auto token_room = json::text(*claims, "room");
  if (grant.identity.user_id.empty()) return invalid("sub is missing, or no text");
  if (!token_room || token_room->empty()) return invalid("room is missing, or no text");
  if (*token_room != room) {
    return Deny{.reason = DenyReason::WrongRoom, .retry_after = {}, .why = "it names another room"};
  }
  return Allow{std::move(grant)};
}

void HmacVerifier::verify(const AccessRequest& request, VerdictDone done) {
  if (request.token.empty()) {
    done(Deny{.reason = DenyReason::MissingToken});
    return;
  }
  if (secret_.empty()) {
    done(Unknown{.detail = "auth.mode is \"hmac\" and no secret is set"});
    return;
  }
  done(verify_hmac_token(request.token.reveal(), request.room.external_name(), secret_,
                         time_.wall_ms()));
}

}  // namespace runnel::auth
