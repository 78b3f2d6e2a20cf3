// EmbeddedService: the embedded backend as a whole (backend.kind = "embedded"): tables, rights,
// snapshots and the HTTP endpoints in front of them. One per server, on one thread that may block
// on the disk; embedded_backend.h brings it to the loops.
#pragma once

#include "runnel/auth/secret.h"
#include "runnel/backend/embedded_access.h"
#include "runnel/backend/embedded_api.h"
#include "runnel/backend/embedded_collaboration.h"
#include "runnel/backend/embedded_snapshots.h"
#include "runnel/backend/embedded_store.h"
#include "runnel/net/http_types.h"

#include "base/log.h"
#include "base/random_source.h"
#include "base/result.h"
#include "base/time_source.h"

#include <memory>
#include <string>
#include <string_view>

namespace runnel::backend {

struct EmbeddedOptions {
  std::string path;     // of the SQLite file
  auth::Secret secret;  // backend.secret; empty: other servers cannot use the endpoints
  bool demo{false};     // `runnel dev`: demo people and workspace, and anybody signs in as anybody
};

struct EmbeddedDeps {
  const TimeSource& time;
  RandomSource& random;
  Log& log;
  EmbeddedChanged on_change;  // called on the service's thread; none: nobody wants to know
};

class EmbeddedService {
 public:
  static Result<std::unique_ptr<EmbeddedService>> create(EmbeddedDeps deps,
                                                         EmbeddedOptions options);
  EmbeddedService(const EmbeddedService&) = delete;
  EmbeddedService& operator=(const EmbeddedService&) = delete;
  EmbeddedService(EmbeddedService&&) = delete;
  EmbeddedService& operator=(EmbeddedService&&) = delete;
  ~EmbeddedService() = default;

  // Whether a raw path is one of the endpoints'. Any thread.
  [[nodiscard]] static bool wants(std::string_view path) {
    return EmbeddedCollaboration::wants(path) || EmbeddedApi::wants(path);
  }

  [[nodiscard]] net::HttpResponse handle(const net::HttpRequest& request);

  [[nodiscard]] EmbeddedStore& store() { return store_; }

  [[nodiscard]] EmbeddedAccess& access() { return access_; }

  [[nodiscard]] EmbeddedSnapshots& snapshots() { return snapshots_; }

 private:
  EmbeddedService(EmbeddedDeps deps, EmbeddedOptions options, EmbeddedStore store);

  EmbeddedOptions options_;
  EmbeddedStore store_;
  EmbeddedAccess access_;
  EmbeddedSnapshots snapshots_;
  EmbeddedCollaboration collaboration_;
  EmbeddedApi api_;
};

// People, a workspace and something in it, so that `runnel dev` has something to show. Does nothing
// when there are users already.
Result<void> seed_demo(EmbeddedStore& store);

}  // namespace runnel::backend
