// AccessService: the AccessGate that ships. Puts together a verifier, the stored verdicts, the
// bounds on refusals and the re-checks of one loop.
#pragma once

#include "runnel/auth/access_gate.h"
#include "runnel/auth/recheck_schedule.h"
#include "runnel/auth/refusals.h"
#include "runnel/auth/verdict_store.h"

#include "base/counters.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/random_source.h"
#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace runnel::auth {

struct AccessOptions {
  Duration resume_grace{std::chrono::seconds{60}};
  Duration recheck_interval{std::chrono::seconds{30}};  // 0: only when pushed
  bool fail_open{true};  // a re-check without an answer leaves the connection as it is
  std::size_t verifications_in_flight_max{256};
  Duration invalid_lifetime{std::chrono::seconds{60}};    // of a remembered 401
  Duration forbidden_lifetime{std::chrono::seconds{15}};  // of a remembered 403
  Duration revoked_lifetime{std::chrono::minutes{5}};     // of the token of a revoked user
  std::size_t denials_max{100'000};
  RefusalLimiter::Options refusals;
};

// For metrics. Any thread.
struct AccessCounters {
  Counter admitted;
  Counter resumed;
  Counter refused;          // answered no, asked or remembered
  Counter refused_unasked;  // of these, without asking the verifier
  Counter unknown;
  Counter verifications;
  Counter rechecks;
  Counter revoked;
};

struct AccessDeps {
  Executor& executor;
  const TimeSource& time;
  RandomSource& random;
  Log& log;
  storage::RoomStore& store;
  AccessVerifier& verifier;
  AccessChecker* checker;  // null: nobody is re-checked
  AccessListener& listener;
  AccessCounters& counters;
};

class AccessService final : public AccessGate {
 public:
  AccessService(AccessDeps deps, AccessOptions options);
  AccessService(const AccessService&) = delete;
  AccessService& operator=(const AccessService&) = delete;
  AccessService(AccessService&&) = delete;
  AccessService& operator=(AccessService&&) = delete;
  ~AccessService() override;

  // Reads the stored verdicts of this loop's rooms. Who asks before that is done waits.
  void start(std::function<bool(const RoomId&)> is_mine, Task done);

  void admit(AccessRequest request, AdmissionDone done) override;
  void connected(ConnectionId connection, const RoomId& room, const Admitted& admitted) override;
  void disconnected(ConnectionId connection) override;
  void refresh(ConnectionId connection, Secret token, RefreshDone done) override;
  std::size_t recheck(const RoomId& room) override;
  [[nodiscard]] Duration refusal_delay(std::string_view address) override;

  [[nodiscard]] std::size_t verdict_count() const { return verdicts_.size(); }

 private:
  // Of an identity that was told.
  struct Known {
    std::string user_id;  // of the subject that is re-checked
    std::string share_id;
    VerdictKey key;        // of the URL it came with; empty: anonymous
    VerdictKey refreshed;  // of its last token_refresh, if any
    Identity identity;
  };

  struct Open {
    RoomId room;
    std::unique_ptr<Known> known;  // null: an anonymous one, of whom there is nothing to know
    bool refreshing{false};
    std::int64_t refresh_allowed_ms{0};  // steady

    [[nodiscard]] Subject subject() const {
      return {.room = room, .user_id = known->user_id, .share_id = known->share_id};
    }
  };

  using Alive = std::shared_ptr<AccessService*>;

  std::optional<Admission> answer_without_asking(const AccessRequest& request,
                                                 const VerdictKey& key, const std::string& denial);
  void ask(AccessRequest request, VerdictKey key, std::string denial, AdmissionDone done);
  void on_verdict(const AccessRequest& request, const VerdictKey& key, const std::string& denial,
                  Verdict verdict, AdmissionDone done);
  void store_and_admit(const AccessRequest& request, const VerdictKey& key, Grant grant,
                       AdmissionDone done);
  [[nodiscard]] Duration denial_lifetime(const Deny& deny) const;

  [[nodiscard]] Verdict on_refreshed(ConnectionId connection, const AccessRequest& request,
                                     Verdict verdict);
  void change_identity(ConnectionId connection, Known& known, const Identity& identity);
  void on_checked(const Subject& subject, const Verdict& verdict);
  void revoke(const Subject& subject, bool is_final);
  void schedule();
  void on_timer();

  AccessDeps deps_;
  AccessOptions options_;
  VerdictStore verdicts_;
  DenialCache denials_;
  RefusalLimiter limiter_;
  RecheckSchedule rechecks_;
  std::unordered_map<ConnectionId, Open> open_;
  bool started_{false};
  std::vector<Task> waiting_for_start_;
  std::size_t in_flight_{0};
  std::optional<TimerId> timer_;
  std::int64_t timer_due_ms_{0};
  Alive self_;
};

}  // namespace runnel::auth
