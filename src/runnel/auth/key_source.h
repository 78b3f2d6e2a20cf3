// Where the keys of JSON Web Tokens come from: fixed ones, a JWKS file, or a JWKS URL. The last two
// rotate: they are read again now and then, and at once when a token names a key that is not there.
#pragma once

#include "runnel/auth/jwt.h"
#include "runnel/net/http_client.h"

#include "base/executor.h"
#include "base/log.h"
#include "base/result.h"
#include "base/time_source.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace runnel::auth {

// Fetches the text of a key set, once per call. `done` runs on this loop.
using KeyFetch =
    std::move_only_function<void(std::move_only_function<void(Result<std::string>)> done)>;

// Reads a file; small, so it is read on the loop.
[[nodiscard]] KeyFetch fetch_key_file(std::string path);

// GET with 2 s of patience. Both outlive it.
[[nodiscard]] KeyFetch fetch_key_url(std::string url, net::HttpClient& client, Executor& executor);

class KeySource {
 public:
  struct Options {
    Duration refresh_interval{std::chrono::minutes{10}};
    // A token that names an unknown key causes at most one fetch in this time, so that forged
    // tokens cannot hammer the publisher.
    Duration unknown_key_interval{std::chrono::seconds{10}};
  };

  // Fixed keys only.
  KeySource(std::vector<JwtKey> keys, const TimeSource& time, Log& log);

  KeySource(KeyFetch fetch, Options options, const TimeSource& time, Log& log);
  KeySource(const KeySource&) = delete;
  KeySource& operator=(const KeySource&) = delete;
  KeySource(KeySource&&) = delete;
  KeySource& operator=(KeySource&&) = delete;
  ~KeySource();

  // The keys that are known, refreshed if they are old. `with_keys` gets null when there are none
  // because they could not be fetched.
  using WithKeys = std::move_only_function<void(const std::vector<JwtKey>* keys)>;
  void current(WithKeys with_keys);

  // Fetches unless that happened a moment ago, then the keys. `fresh` is false when the last fetch
  // failed, so that an unknown key means nothing yet.
  using WithFreshKeys = std::move_only_function<void(const std::vector<JwtKey>& keys, bool fresh)>;
  void after_refresh(WithFreshKeys with_keys);

  // How long an unknown key stays unknown for certain; 0 for fixed keys: for ever.
  [[nodiscard]] Duration until_next_fetch() const;

 private:
  void refresh(Task then);
  void take(Result<std::string> text);

  KeyFetch fetch_;  // null for fixed keys
  Options options_{};
  const TimeSource& time_;
  Log& log_;
  std::vector<JwtKey> keys_;
  bool loaded_{false};
  bool last_fetch_failed_{false};
  bool fetching_{false};
  std::int64_t fetched_ms_{0};    // steady; of the last good one
  std::int64_t attempted_ms_{0};  // steady
  bool attempted_{false};
  std::vector<Task> waiting_;
  std::shared_ptr<KeySource*> self_;
};

// auth.mode = "jwt".
class JwtVerifier final : public AccessVerifier {
 public:
  // Both outlive this.
  JwtVerifier(KeySource& keys, JwtOptions options, const TimeSource& time)
      : keys_(keys), options_(std::move(options)), time_(time) {}

  void verify(const AccessRequest& request, VerdictDone done) override;

 private:
  KeySource& keys_;
  JwtOptions options_;
  const TimeSource& time_;
};

}  // namespace runnel::auth
