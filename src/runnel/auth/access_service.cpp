#include "runnel/auth/access_service.h"

#include <algorithm>
#include <utility>

namespace runnel::auth {

namespace {

constexpr std::string_view kRevokedText = "Your access to this resource has been revoked";
constexpr std::string_view kUncheckedText = "Your access to this resource could not be confirmed";

// A client renews its token once in minutes; more often is a mistake or an attack.
constexpr std::int64_t kRefreshPauseMs = 1'000;

// What waits for the stored verdicts to be read, at the start only.
constexpr std::size_t kWaitingForStartMax = 20'000;

bool is_anonymous(const Identity& identity) { return identity.user_id.empty(); }

}  // namespace

AccessService::AccessService(AccessDeps deps, AccessOptions options)
    : deps_(deps),
      options_(options),
      verdicts_(deps.store, deps.time, deps.log, {.resume_grace = options.resume_grace}),
      denials_(options.denials_max),
      limiter_(options.refusals),
      rechecks_({.interval = options.recheck_interval}),
      self_(std::make_shared<AccessService*>(this)) {}

AccessService::~AccessService() {
  *self_ = nullptr;
  if (timer_) deps_.executor.cancel(*timer_);
}

void AccessService::start(std::function<bool(const RoomId&)> is_mine, Task done) {
  verdicts_.start(std::move(is_mine), [this, done = std::move(done)]() mutable {
    started_ = true;
    schedule();
    for (Task& task : std::exchange(waiting_for_start_, {})) task();
    done();
  });
}

void AccessService::admit(AccessRequest request, AdmissionDone done) {
  if (!started_) {
    if (waiting_for_start_.size() >= kWaitingForStartMax) {
      done(Unknown{.detail = "the server is starting"});
      return;
    }
    waiting_for_start_.emplace_back(
        [this, request = std::move(request), done = std::move(done)]() mutable {
          admit(std::move(request), std::move(done));
        });
    return;
  }
  VerdictKey key = verdict_key(request);
  std::string denial = denial_key(request.room, token_hash(request.token));
  if (auto answer = answer_without_asking(request, key, denial)) {
    done(std::move(*answer));
    return;
  }
  ask(std::move(request), std::move(key), std::move(denial), std::move(done));
}

std::optional<Admission> AccessService::answer_without_asking(const AccessRequest& request,
                                                              const VerdictKey& key,
                                                              const std::string& denial) {
  if (request.token.empty()) return std::nullopt;
  if (const StoredVerdict* verdict = verdicts_.find(key)) {
    deps_.counters.resumed.add();
    deps_.counters.admitted.add();
    return Admitted{.grant = verdict->grant, .key = key, .resumed = true};
  }
  if (const auto reason = denials_.find(denial, deps_.time.steady_ms())) {
    deps_.counters.refused.add();
    deps_.counters.refused_unasked.add();
    return Deny{.reason = *reason};
  }
  if (in_flight_ >= options_.verifications_in_flight_max) {
    deps_.counters.unknown.add();
    return Unknown{.detail = "too many tokens are being verified at once"};
  }
  if (const auto wait = limiter_.reserve(request.address, deps_.time.steady_ms())) {
    deps_.counters.refused.add();
    deps_.counters.refused_unasked.add();
    return Deny{.reason = DenyReason::TooManyRefusals, .retry_after = *wait};
  }
  return std::nullopt;
}

void AccessService::ask(AccessRequest request, VerdictKey key, std::string denial,
                        AdmissionDone done) {
  ++in_flight_;
  deps_.counters.verifications.add();
  // The verifier only borrows the request; the copy in the callback is what stays.
  const AccessRequest question = request;
  deps_.verifier.verify(
      question, [self = self_, request = std::move(request), key = std::move(key),
                 denial = std::move(denial), done = std::move(done)](Verdict verdict) mutable {
        if (*self == nullptr) return;
        --(*self)->in_flight_;
        (*self)->on_verdict(request, key, denial, std::move(verdict), std::move(done));
      });
}

void AccessService::on_verdict(const AccessRequest& request, const VerdictKey& key,
                               const std::string& denial, Verdict verdict, AdmissionDone done) {
  const bool with_token = !request.token.empty();
  if (const auto* deny = std::get_if<Deny>(&verdict)) {
    deps_.counters.refused.add();
    if (!deny->why.empty()) {
      deps_.log.write(LogLevel::Debug, "a token was refused",
                      {{"room", request.room.external_name()}, {"why", deny->why}});
    }
    if (with_token) {
      denials_.remember(denial, deny->reason, deps_.time.steady_ms(), denial_lifetime(*deny));
    }
    done(*deny);
    return;
  }
  if (with_token) limiter_.refund(request.address);
  if (auto* unknown = std::get_if<Unknown>(&verdict)) {
    deps_.counters.unknown.add();
    deps_.log.warning("a token could not be verified; the client is asked to come back",
                      {{"room", request.room.external_name()}, {"reason", unknown->detail}});
    done(std::move(*unknown));
    return;
  }
  store_and_admit(request, key, std::move(std::get<Allow>(verdict).grant), std::move(done));
}

void AccessService::store_and_admit(const AccessRequest& request, const VerdictKey& key,
                                    Grant grant, AdmissionDone done) {
  deps_.counters.admitted.add();
  if (is_anonymous(grant.identity)) {
    done(Admitted{.grant = std::move(grant), .key = {}, .resumed = false});
    return;
  }
  StoredVerdict verdict{.room = request.room,
                        .token_hash = token_hash(request.token),
                        .connection_key = request.connection_key,
                        .grant = grant};
  // The token may be used up by now. Were the verdict not stored before the client hears of it, a
  // crash in between would lock the client out.
  Admitted admitted{.grant = std::move(grant), .key = key, .resumed = false};
  verdicts_.put(key, std::move(verdict),
                [admitted = std::move(admitted), done = std::move(done)]() mutable {
                  done(std::move(admitted));
                });
  schedule();
}

Duration AccessService::denial_lifetime(const Deny& deny) const {
  if (deny.retry_after.count() > 0) return deny.retry_after;
  switch (deny.reason) {
    case DenyReason::MissingToken:
    case DenyReason::InvalidToken:
      return options_.invalid_lifetime;
    case DenyReason::Forbidden:
    case DenyReason::WrongRoom:
    case DenyReason::TooManyRefusals:
      return options_.forbidden_lifetime;
  }
  return options_.invalid_lifetime;
}

void AccessService::connected(ConnectionId connection, const RoomId& room,
                              const Admitted& admitted) {
  const Identity& identity = admitted.grant.identity;
  Open open{.room = room, .known = nullptr};
  if (!is_anonymous(identity) || admitted.key != VerdictKey{}) {
    open.known = std::make_unique<Known>(Known{.user_id = identity.user_id,
                                               .share_id = identity.share_id,
                                               .key = admitted.key,
                                               .refreshed = {},
                                               .identity = identity});
  }
  verdicts_.acquire(admitted.key);
  if (deps_.checker != nullptr && !is_anonymous(identity)) {
    rechecks_.add(open.subject(), connection, admitted.resumed, deps_.random,
                  deps_.time.steady_ms());
  }
  open_.insert_or_assign(connection, std::move(open));
  schedule();
}

void AccessService::disconnected(ConnectionId connection) {
  const auto found = open_.find(connection);
  if (found == open_.end()) return;
  if (const Known* known = found->second.known.get()) {
    verdicts_.release(known->key);
    verdicts_.release(known->refreshed);
    rechecks_.remove(found->second.subject(), connection);
  }
  open_.erase(found);
  schedule();
}

void AccessService::refresh(ConnectionId connection, Secret token, RefreshDone done) {
  const auto found = open_.find(connection);
  if (found == open_.end()) {
    done(Unknown{.detail = "the connection is not known"});
    return;
  }
  Open& open = found->second;
  const std::int64_t now = deps_.time.steady_ms();
  if (open.refreshing || now < open.refresh_allowed_ms) {
    done(Deny{.reason = DenyReason::TooManyRefusals, .retry_after = Duration{kRefreshPauseMs}});
    return;
  }
  open.refreshing = true;
  open.refresh_allowed_ms = now + kRefreshPauseMs;
  AccessRequest request{
      .room = open.room, .token = std::move(token), .connection_key = {}, .address = {}};
  const StoredVerdict* stored = open.known ? verdicts_.find(open.known->key) : nullptr;
  if (stored != nullptr) request.connection_key = stored->connection_key;
  deps_.counters.verifications.add();
  const AccessRequest question = request;
  deps_.verifier.verify(question, [self = self_, connection, request = std::move(request),
                                   done = std::move(done)](Verdict verdict) mutable {
    if (*self == nullptr) return;
    done((*self)->on_refreshed(connection, request, std::move(verdict)));
  });
}

Verdict AccessService::on_refreshed(ConnectionId connection, const AccessRequest& request,
                                    Verdict verdict) {
  const auto found = open_.find(connection);
  if (found == open_.end()) return verdict;
  Open& open = found->second;
  open.refreshing = false;
  const auto* allow = std::get_if<Allow>(&verdict);
  if (allow == nullptr) return verdict;
  const Identity& identity = allow->grant.identity;
  if (!open.known) open.known = std::make_unique<Known>();
  Known& known = *open.known;
  if (!known.user_id.empty() && identity.user_id != known.user_id) {
    return Deny{.reason = DenyReason::Forbidden};
  }
  const VerdictKey key = verdict_key(request);
  verdicts_.put(key,
                {.room = request.room,
                 .token_hash = token_hash(request.token),
                 .connection_key = request.connection_key,
                 .grant = allow->grant},
                nullptr);
  if (key != known.key && key != known.refreshed) {
    verdicts_.acquire(key);
    verdicts_.release(known.refreshed);
    known.refreshed = key;
  }
  verdicts_.replace_grant(known.key, allow->grant);
  if (known.user_id.empty() && deps_.checker != nullptr && !is_anonymous(identity)) {
    known.user_id = identity.user_id;
    known.share_id = identity.share_id;
    rechecks_.add(open.subject(), connection, false, deps_.random, deps_.time.steady_ms());
  }
  change_identity(connection, known, identity);
  schedule();
  return verdict;
}

void AccessService::change_identity(ConnectionId connection, Known& known,
                                    const Identity& identity) {
  if (known.identity == identity) return;
  known.identity = identity;
  deps_.listener.identity_changed(connection, identity);
}

std::size_t AccessService::recheck(const RoomId& room) {
  if (deps_.checker == nullptr) return 0;
  const std::size_t count = rechecks_.make_due(room, deps_.time.steady_ms());
  schedule();
  return count;
}

void AccessService::on_checked(const Subject& subject, const Verdict& verdict) {
  rechecks_.answered(subject, deps_.random, deps_.time.steady_ms());
  if (const auto* allow = std::get_if<Allow>(&verdict)) {
    for (const ConnectionId connection : rechecks_.connections(subject)) {
      const auto found = open_.find(connection);
      if (found == open_.end()) continue;
      Known& known = *found->second.known;
      Identity identity = known.identity;
      identity.access = allow->grant.identity.access;
      for (const VerdictKey* key : {&known.key, &known.refreshed}) {
        const StoredVerdict* stored = verdicts_.find(*key);
        if (stored == nullptr) continue;
        verdicts_.replace_grant(*key,
                                {.identity = identity, .expires_ms = stored->grant.expires_ms});
      }
      change_identity(connection, known, identity);
    }
  } else if (std::holds_alternative<Deny>(verdict)) {
    revoke(subject, true);
  } else if (!options_.fail_open) {
    revoke(subject, false);
  }
  schedule();
}

// `is_final`: the answer was no, so the token that let the user in is refused from now on as well.
// Otherwise there was no answer, and whoever comes back is asked about again.
void AccessService::revoke(const Subject& subject, bool is_final) {
  for (const ConnectionId connection : rechecks_.connections(subject)) {
    const auto found = open_.find(connection);
    if (found == open_.end()) continue;
    for (const VerdictKey* key : {&found->second.known->key, &found->second.known->refreshed}) {
      const StoredVerdict* stored = verdicts_.find(*key);
      if (stored != nullptr && is_final) {
        denials_.remember(denial_key(subject.room, stored->token_hash), DenyReason::Forbidden,
                          deps_.time.steady_ms(), options_.revoked_lifetime);
      }
      verdicts_.erase(*key);
    }
    deps_.counters.revoked.add();
    deps_.listener.revoked(connection, is_final ? kRevokedText : kUncheckedText);
  }
}

void AccessService::schedule() {
  const std::int64_t check = rechecks_.next_due_ms();
  const std::int64_t grace = verdicts_.sweep();
  std::int64_t due = check;
  if (grace >= 0 && (due < 0 || grace < due)) due = grace;
  if (timer_ && (due < 0 || due != timer_due_ms_)) {
    deps_.executor.cancel(*timer_);
    timer_.reset();
  }
  if (due < 0 || timer_) return;
  timer_due_ms_ = due;
  const std::int64_t wait = std::max<std::int64_t>(0, due - deps_.time.steady_ms());
  timer_ = deps_.executor.after(Duration{wait}, [this] {
    timer_.reset();
    on_timer();
  });
}

void AccessService::on_timer() {
  for (const Subject& subject : rechecks_.take_due(deps_.time.steady_ms())) {
    const std::vector<ConnectionId> connections = rechecks_.connections(subject);
    const auto open = connections.empty() ? open_.end() : open_.find(connections.front());
    const Identity identity = open == open_.end() ? Identity{.user_id = subject.user_id,
                                                             .user_name = {},
                                                             .user_image = {},
                                                             .share_id = subject.share_id}
                                                  : open->second.known->identity;
    deps_.counters.rechecks.add();
    deps_.checker->check(subject.room, identity, [self = self_, subject](const Verdict& verdict) {
      if (*self != nullptr) (*self)->on_checked(subject, verdict);
    });
  }
  schedule();
}

Duration AccessService::refusal_delay(std::string_view address) {
  return limiter_.delay(std::string(address), deps_.time.steady_ms());
}

}  // namespace runnel::auth
