#include "runnel/auth/key_source.h"

#include "base/read_stream.h"

#include <algorithm>
#include <fstream>
#include <utility>

namespace runnel::auth {

KeyFetch fetch_key_file(std::string path) {
  return [path = std::move(path)](std::move_only_function<void(Result<std::string>)> done) {
    std::ifstream file(path, std::ios::binary);
    done(read_stream(file, "the key set file " + path));
  };
}

KeyFetch fetch_key_url(std::string url, net::HttpClient& client, Executor& executor) {
  return [url = std::move(url), &client,
          &executor](std::move_only_function<void(Result<std::string>)> done) {
    net::HttpCall call;
    call.url = url;
    call.headers.add("Accept", "application/json");
    client.call(std::move(call), executor, [done = std::move(done)](net::HttpReply reply) mutable {
      if (reply.is_success()) {
        done(to_text(reply.body));
      } else {
        done(fail(Errc::Unavailable,
                  "fetching the key set: " +
                      (reply.status != 0 ? "status " + std::to_string(reply.status)
                                         : std::string(http_outcome_name(reply.outcome)))));
      }
    });
  };
}

KeySource::KeySource(std::vector<JwtKey> keys, const TimeSource& time, Log& log)
    : time_(time),
      log_(log),
      keys_(std::move(keys)),
      loaded_(true),
      self_(std::make_shared<KeySource*>(this)) {}

KeySource::KeySource(KeyFetch fetch, Options options, const TimeSource& time, Log& log)
    : fetch_(std::move(fetch)),
      options_(options),
      time_(time),
      log_(log),
      self_(std::make_shared<KeySource*>(this)) {}

KeySource::~KeySource() { *self_ = nullptr; }

void KeySource::current(WithKeys with_keys) {
  const bool is_old = fetch_ != nullptr && (!loaded_ || time_.steady_ms() - fetched_ms_ >=
                                                            options_.refresh_interval.count());
  const bool may_try = !attempted_ || fetching_ ||
                       time_.steady_ms() - attempted_ms_ >= options_.unknown_key_interval.count();
  if (loaded_ || !is_old || !may_try) {
    // Old keys are good until new ones are there; nobody waits for those.
    if (is_old && may_try && !fetching_) refresh([] {});
    with_keys(loaded_ ? &keys_ : nullptr);
    return;
  }
  refresh([this, with_keys = std::move(with_keys)]() mutable {
    with_keys(loaded_ ? &keys_ : nullptr);
  });
}

void KeySource::after_refresh(WithFreshKeys with_keys) {
  const bool may_try = fetch_ != nullptr &&
                       (!attempted_ || fetching_ ||
                        time_.steady_ms() - attempted_ms_ >= options_.unknown_key_interval.count());
  if (!may_try) {
    with_keys(keys_, !last_fetch_failed_);
    return;
  }
  refresh([this, with_keys = std::move(with_keys)]() mutable {
    with_keys(keys_, !last_fetch_failed_);
  });
}

Duration KeySource::until_next_fetch() const {
  if (fetch_ == nullptr) return Duration{};
  const std::int64_t next_ms = attempted_ms_ + options_.unknown_key_interval.count();
  return std::max(Duration{1}, Duration{next_ms - time_.steady_ms()});
}

void KeySource::refresh(Task then) {
  waiting_.push_back(std::move(then));
  if (fetching_) return;
  fetching_ = true;
  attempted_ = true;
  attempted_ms_ = time_.steady_ms();
  fetch_([self = self_](Result<std::string> text) {
    if (*self != nullptr) (*self)->take(std::move(text));
  });
}

void KeySource::take(Result<std::string> text) {
  fetching_ = false;
  Result<std::vector<JwtKey>> keys =
      text ? parse_jwks(*text) : Result<std::vector<JwtKey>>(std::unexpected(text.error()));
  last_fetch_failed_ = !keys;
  if (keys) {
    keys_ = std::move(*keys);
    loaded_ = true;
    fetched_ms_ = time_.steady_ms();
  } else {
    log_.warning("the key set for JSON Web Tokens could not be read; the old one stays in use",
                 {{"error", to_string(keys.error())}});
  }
  for (Task& task : std::exchange(waiting_, {})) task();
}

void JwtVerifier::verify(const AccessRequest& request, VerdictDone done) {
  if (request.token.empty()) {
    done(Deny{.reason = DenyReason::MissingToken});
    return;
  }

  // The views in `parts` point into the shared copy, which lives as long as the callbacks.
  struct Pending {
    Secret token;
    std::string room;
    JwtParts parts;
    VerdictDone done;
  };

  auto pending = std::make_shared<Pending>();
  pending->token = request.token;
  pending->room = request.room.external_name();
  pending->done = std::move(done);
  auto parts = split_jwt(pending->token.reveal());
  if (!parts) {
    pending->done(Deny{.reason = DenyReason::InvalidToken,
                       .retry_after = {},
                       .why = "it is no JSON Web Token in HS256, RS256, ES256 or EdDSA"});
    return;
  }
  pending->parts = std::move(*parts);
  const auto settle = [this, pending](KeyMatch match, bool fresh) {
    if (match == KeyMatch::Verified) {
      pending->done(judge_claims(pending->parts, pending->room, options_, time_.wall_ms()));
    } else if (match == KeyMatch::NoKey && !fresh) {
      pending->done(Unknown{.detail = "the key set for JSON Web Tokens cannot be fetched"});
    } else {
      // The key may have been published since the last fetch: true only until the next one.
      const Duration until_fetch = match == KeyMatch::NoKey ? keys_.until_next_fetch() : Duration{};
      pending->done(Deny{.reason = DenyReason::InvalidToken,
                         .retry_after = until_fetch,
                         .why = match == KeyMatch::NoKey
                                    ? "no key that is set fits its kid and alg"
                                    : "its signature is not by the key that is set"});
    }
  };
  keys_.current([this, pending, settle](const std::vector<JwtKey>* keys) {
    if (keys == nullptr) {
      settle(KeyMatch::NoKey, false);
      return;
    }
    const KeyMatch match = check_signature(pending->parts, *keys);
    if (match != KeyMatch::NoKey) {
      settle(match, true);
      return;
    }
    keys_.after_refresh([pending, settle](const std::vector<JwtKey>& fresh_keys, bool fresh) {
      settle(check_signature(pending->parts, fresh_keys), fresh);
    });
  });
}

}  // namespace runnel::auth
