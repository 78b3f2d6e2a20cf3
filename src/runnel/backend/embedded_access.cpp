#include "runnel/backend/embedded_access.h"

#include "runnel/auth/hmac_token.h"
#include "runnel/net/crypto.h"

#include <algorithm>
#include <utility>

namespace runnel::backend {

namespace {

constexpr std::string_view kPresenceType = "presence";
constexpr std::string_view kSigningKeySetting = "token_signing_key";

}  // namespace

Result<std::optional<AccessLevel>> EmbeddedAccess::level(std::string_view room,
                                                         std::string_view user_id) {
  const TypedName name = split_type(room);
  if (name.type == kPresenceType) {
    const auto role = RUNNEL_TRY(store_.role(EmbeddedStore::Group::Workspace, name.id, user_id));
    return role ? std::optional(AccessLevel::Edit) : std::nullopt;
  }
  const auto type = parse_resource_type(name.type);
  if (!type) return std::nullopt;
  const auto resource = RUNNEL_TRY(store_.resource(*type, name.id));
  if (!resource) return std::nullopt;
  return resource_level(*resource, user_id);
}

Result<std::optional<AccessLevel>> EmbeddedAccess::resource_level(const Resource& resource,
                                                                  std::string_view user_id) {
  using Group = EmbeddedStore::Group;
  std::string workspace_id = resource.parent_id;
  bool members_only = resource.type == ResourceType::Document;
  std::optional<std::string> own_role;
  if (resource.type == ResourceType::Document) {
    own_role = RUNNEL_TRY(store_.role(Group::Document, resource.id, user_id));
  } else if (resource.type == ResourceType::Task) {
    const auto project = RUNNEL_TRY(store_.project(resource.parent_id));
    if (!project) return std::nullopt;
    workspace_id = project->workspace_id;
    members_only = project->is_private;
    own_role = RUNNEL_TRY(store_.role(Group::Project, project->id, user_id));
  }
  if (own_role) return role_level(*own_role);
  const auto workspace_role = RUNNEL_TRY(store_.role(Group::Workspace, workspace_id, user_id));
  if (!workspace_role) return std::nullopt;
  // Being in the workspace is not being in the document; only who administers the workspace is.
  if (members_only && *workspace_role != "admin") return std::nullopt;
  return role_level(*workspace_role);
}

Result<std::optional<AccessLevel>> EmbeddedAccess::link_level(std::string_view room,
                                                              std::string_view share_id) {
  const auto link = RUNNEL_TRY(store_.share_link(share_id));
  if (!link || (link->expires_ms != 0 && link->expires_ms <= time_.wall_ms())) return std::nullopt;
  const std::string linked = std::string(resource_type_name(link->type)) + "-" + link->resource_id;
  if (linked != room) return std::nullopt;
  return link->access;
}

Result<bool> EmbeddedAccess::is_resource(std::string_view room) {
  const TypedName name = split_type(room);
  if (name.type == kPresenceType) {
    const auto workspace = RUNNEL_TRY(store_.workspace(name.id));
    return workspace.has_value();
  }
  const auto type = parse_resource_type(name.type);
  if (!type) return false;
  const auto resource = RUNNEL_TRY(store_.resource(*type, name.id));
  return resource.has_value();
}

Result<std::optional<AccessLevel>> EmbeddedAccess::level_of(std::string_view room,
                                                            const Identity& identity) {
  return identity.share_id.empty() ? level(room, identity.user_id)
                                   : link_level(room, identity.share_id);
}

Result<auth::Secret> EmbeddedAccess::signing_secret() {
  if (!secret_.empty()) return secret_;
  auto stored = RUNNEL_TRY(store_.setting(kSigningKeySetting));
  if (!stored) {
    stored = net::random_token(random_, 32);
    RUNNEL_TRY_VOID(store_.put_setting(kSigningKeySetting, *stored));
  }
  return auth::Secret(std::move(*stored));
}

std::string EmbeddedAccess::guest_id() { return "guest:" + net::random_token(random_, 9); }

Result<MintedToken> EmbeddedAccess::mint(std::string_view room, Identity identity, TokenKind kind) {
  const auto level = RUNNEL_TRY(level_of(room, identity));
  if (!level) {
    return fail(Errc::Denied, "no token for room " + std::string(room) + ": no access to it");
  }
  identity.access = *level;
  MintedToken minted{
      .token = {}, .expires_ms = time_.wall_ms() + kTokenLifetime.count(), .identity = identity};
  if (kind == TokenKind::Hmac) {
    const auth::Secret secret = RUNNEL_TRY(signing_secret());
    minted.token = auth::mint_hmac_token({.identity = std::move(identity),
                                          .room = std::string(room),
                                          .expires_ms = minted.expires_ms},
                                         secret);
    return minted;
  }
  RUNNEL_TRY_VOID(store_.erase_expired(time_.wall_ms()));
  minted.token = net::random_token(random_);
  RUNNEL_TRY_VOID(store_.put_token(token_hash(minted.token), {.room = std::string(room),
                                                              .identity = std::move(identity),
                                                              .expires_ms = minted.expires_ms}));
  return minted;
}

Result<auth::Verdict> EmbeddedAccess::verify(std::string_view token, std::string_view room) {
  using auth::DenyReason;
  if (token.empty()) return auth::Deny{.reason = DenyReason::MissingToken};
  auth::Grant grant;
  const bool is_signed = token.find('.') != std::string_view::npos;
  const std::string hash = token_hash(token);
  if (is_signed) {
    const auth::Secret secret = RUNNEL_TRY(signing_secret());
    auth::Verdict verdict = auth::verify_hmac_token(token, room, secret, time_.wall_ms());
    auto* allow = std::get_if<auth::Allow>(&verdict);
    if (allow == nullptr) return verdict;
    grant = std::move(allow->grant);
  } else {
    // Found by its hash, so that no comparison tells how much of a guess was right.
    auto stored = RUNNEL_TRY(store_.token(hash));
    if (!stored || stored->expires_ms <= time_.wall_ms()) {
      return auth::Deny{.reason = DenyReason::InvalidToken};
    }
    if (stored->room != room) return auth::Deny{.reason = DenyReason::WrongRoom};
    grant = {.identity = std::move(stored->identity), .expires_ms = stored->expires_ms};
  }
  // Rights may have changed since the token was made.
  const auto level = RUNNEL_TRY(level_of(room, grant.identity));
  if (!level) return auth::Deny{.reason = DenyReason::Forbidden};
  // AccessLevel is ordered by what it allows: a signed token may say less than the tables, not
  // more.
  grant.identity.access = std::min(grant.identity.access, *level);
  if (!is_signed) RUNNEL_TRY_VOID(store_.erase_token(hash));
  return auth::Allow{std::move(grant)};
}

}  // namespace runnel::backend
