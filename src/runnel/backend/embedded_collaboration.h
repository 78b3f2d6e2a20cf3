// The HTTP contract as a backend serves it (docs/formats/backend-http.md): verify, check-access,
// snapshot, token, and the two aliases. A pure function of the request and the tables.
//
// One thread at a time.
#pragma once

#include "runnel/auth/secret.h"
#include "runnel/backend/embedded_access.h"
#include "runnel/backend/embedded_snapshots.h"
#include "runnel/net/http_types.h"

#include "base/log.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace runnel::backend {

// Convex takes no larger request or response, so neither does who stands in for it.
inline constexpr std::size_t kSnapshotBytesMax = std::size_t{20} * 1024 * 1024;

class EmbeddedCollaboration {
 public:
  // All outlive this. `secret` is what servers present; empty: their endpoints answer 500.
  EmbeddedCollaboration(EmbeddedStore& store, EmbeddedAccess& access, EmbeddedSnapshots& snapshots,
                        const auth::Secret& secret, Log& log)
      : store_(store), access_(access), snapshots_(snapshots), secret_(secret), log_(log) {}

  // Whether `path` (raw, without query) is one of the contract's.
  [[nodiscard]] static bool wants(std::string_view path);

  // `session_user` is who is signed in (embedded_api.h), for minting tokens; empty: nobody.
  net::HttpResponse handle(const net::HttpRequest& request, std::string_view session_user);

 private:
  // Nothing when the request carries the secret, else the refusal.
  [[nodiscard]] std::optional<net::HttpResponse> refuse_stranger(
      const net::HttpRequest& request) const;
  net::HttpResponse verify(const net::HttpRequest& request);
  net::HttpResponse check_access(const net::HttpRequest& request);
  net::HttpResponse get_snapshot(const net::HttpRequest& request);
  net::HttpResponse post_snapshot(const net::HttpRequest& request);
  net::HttpResponse mint(const net::HttpRequest& request, std::string_view session_user);
  [[nodiscard]] net::HttpResponse broken(std::string_view what, const Error& error) const;

  EmbeddedStore& store_;
  EmbeddedAccess& access_;
  EmbeddedSnapshots& snapshots_;
  const auth::Secret& secret_;
  Log& log_;
};

// {"error": text}
[[nodiscard]] net::HttpResponse error_response(int status, std::string_view text);

// Whoever presents the secret, as Bearer or in X-PartyKit-Secret.
[[nodiscard]] bool presents_secret(const net::HttpRequest& request, const auth::Secret& secret);

}  // namespace runnel::backend
