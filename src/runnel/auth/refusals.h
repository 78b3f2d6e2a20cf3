// What keeps refused clients from costing anything: tokens that were refused are remembered for a
// while, and how many new tokens an address may have refused is bounded. One per loop.
#pragma once

#include "runnel/auth/access_verifier.h"

#include "base/executor.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace runnel::auth {

// Refused (token, room) pairs by their hash. Bounded; the oldest goes first.
class DenialCache {
 public:
  explicit DenialCache(std::size_t entries_max) : entries_max_(entries_max) {}

  void remember(const std::string& key, DenyReason reason, std::int64_t now_ms, Duration lifetime);

  [[nodiscard]] std::optional<DenyReason> find(const std::string& key, std::int64_t now_ms) const;

  // A token that was refused and is good now, such as after a new grant.
  void forget(const std::string& key);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    DenyReason reason{DenyReason::InvalidToken};
    std::int64_t until_ms{0};
    std::uint64_t order{0};
  };

  std::size_t entries_max_;
  std::unordered_map<std::string, Entry> entries_;
  std::map<std::uint64_t, std::string> by_order_;
  std::uint64_t next_order_{1};
};

// How much of the verifier's time an address may take with tokens that turn out to be bad, and how
// long its refusals are held back in frame mode.
class RefusalLimiter {
 public:
  struct Options {
    double burst{200};              // refusals at once; a whole office with stale tabs
    double per_second{10};          // that come back
    Duration delay_first{100};      // in frame mode
    Duration delay_last{10'000};    // bounded, for every delay holds a connection
    Duration forget_after{60'000};  // without a refusal the delay starts anew
    std::size_t addresses_max{20'000};
  };

  explicit RefusalLimiter(Options options) : options_(options) {}

  // Whether the address may have another token verified; no value: yes, and one refusal is taken in
  // advance (give it back with `refund` unless the answer is no). Otherwise how long to wait.
  [[nodiscard]] std::optional<Duration> reserve(const std::string& address, std::int64_t now_ms);
  void refund(const std::string& address);

  // Counts a refusal and returns how long to hold it back.
  [[nodiscard]] Duration delay(const std::string& address, std::int64_t now_ms);

  [[nodiscard]] std::size_t size() const { return addresses_.size(); }

 private:
  struct Entry {
    double tokens{0};
    std::int64_t refilled_ms{0};
    std::int64_t refused_ms{0};
    int refusals{0};
  };

  Entry& entry(const std::string& address, std::int64_t now_ms);
  void make_room(std::int64_t now_ms);

  Options options_;
  std::unordered_map<std::string, Entry> addresses_;
};

}  // namespace runnel::auth
