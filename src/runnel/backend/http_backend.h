// HttpBackend: the application keeps its backend (backend.kind = "http"). The calls, headers and
// readings of answers are those of the HTTP contract (docs/formats/backend-http.md). One per event
// loop; keeps nothing between calls.
#pragma once

#include "runnel/auth/access_verifier.h"
#include "runnel/auth/secret.h"
#include "runnel/backend/snapshot_backend.h"
#include "runnel/net/http_client.h"

#include "base/executor.h"
#include "base/log.h"
#include "base/random_source.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace runnel::backend {

struct HttpBackendOptions {
  std::string url;      // without trailing slash; empty: not configured
  auth::Secret secret;  // sent as Bearer; empty: not configured
  std::string verify_path{"/collaboration/verify"};
  std::string snapshot_path{"/collaboration/snapshot"};
  std::string check_access_path{"/collaboration/check-access"};
  Duration timeout{std::chrono::seconds{2}};            // of verify and check-access
  Duration snapshot_timeout{std::chrono::seconds{10}};  // of snapshots, which may have 20 MiB
  std::size_t snapshot_bytes_max{std::size_t{96} * 1024 * 1024};  // of one that is loaded
  bool legacy_body{false};  // the token also in the body of verify, for backends that read it there
};

struct HttpBackendDeps {
  net::HttpClient& client;
  Executor& executor;
  RandomSource& random;
  Log& log;
};

class HttpBackend final : public auth::AccessVerifier,
                          public auth::AccessChecker,
                          public SnapshotBackend {
 public:
  HttpBackend(HttpBackendDeps deps, HttpBackendOptions options);

  [[nodiscard]] std::string missing_setting() const override;

  void verify(const auth::AccessRequest& request, VerdictDone done) override;
  void check(const RoomId& room, const Identity& identity, CheckDone done) override;
  void load(const RoomId& room, LoadDone done) override;
  void save(const RoomId& room, SaveCall call, SaveDone done) override;

 private:
  [[nodiscard]] net::HttpCall call_for(const RoomId& room, std::string_view path,
                                       const auth::Secret& bearer);

  HttpBackendDeps deps_;
  HttpBackendOptions options_;
};

// How answers are read; pure, so that every row of the contract is a test.
[[nodiscard]] auth::Verdict read_verify_reply(const net::HttpReply& reply);
[[nodiscard]] auth::Verdict read_check_reply(const net::HttpReply& reply, const Identity& identity);
[[nodiscard]] LoadReply read_load_reply(net::HttpReply reply);
[[nodiscard]] SaveReply read_save_reply(const net::HttpReply& reply);

}  // namespace runnel::backend
