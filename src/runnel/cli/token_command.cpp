#include "runnel/auth/hmac_token.h"
#include "runnel/cli/command_line.h"
#include "runnel/cli/commands.h"
#include "runnel/cli/terminal.h"

#include "base/identity.h"
#include "base/ids.h"
#include "base/time_source.h"

namespace runnel::cli {

int mint_token(const server::LoadedConfig& loaded, const TokenRequest& request) {
  const server::Config& config = loaded.config;
  const auth::Secret& secret =
      config.auth.secret.empty() ? config.backend.secret : config.auth.secret;
  if (secret.empty()) {
    return report_error("there is no secret to sign with",
                        "set auth.secret or backend.secret (RUNNEL_AUTH_SECRET, PARTYKIT_SECRET)");
  }
  if (request.access != "edit" && request.access != "view" && request.access != "comment") {
    return report_error("--access is '" + request.access + "'", "use edit, view or comment");
  }
  if (request.lifetime.count() <= 0 || request.lifetime.count() > auth::kTokenLifetimeMaxMs) {
    return report_error("--ttl is out of range", "use more than 0 and at most 366d");
  }
  if (request.user.empty()) {
    return report_error("--user is empty", "name the user, or leave the flag out");
  }
  if (const auto room = RoomId::create(kMainParty, request.room); !room) {
    return report_error("--room: " + to_string(room.error()),
                        "name the room as the backend calls it, such as doc-1 or presence-w1");
  }
  auth::HmacClaims claims;
  claims.identity.user_id = request.user;
  claims.identity.user_name = request.name.empty() ? request.user : request.name;
  claims.identity.is_guest = request.user.starts_with("guest:");
  claims.identity.access = parse_access_level(request.access);
  claims.room = request.room;
  claims.expires_ms = SystemTime().wall_ms() + request.lifetime.count();
  print(auth::mint_hmac_token(claims, secret) + "\n");
  return kSuccess;
}

}  // namespace runnel::cli
