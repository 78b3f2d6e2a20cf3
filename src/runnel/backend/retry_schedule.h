// When to try again: doubling from `first` to `last`, each delay spread over its upper half, so
// that the rooms of an outage do not all return at the same instant.
#pragma once

#include "base/executor.h"
#include "base/random_source.h"

namespace runnel::backend {

class RetrySchedule {
 public:
  struct Options {
    Duration first{std::chrono::seconds{1}};
    Duration last{std::chrono::seconds{60}};
  };

  RetrySchedule() = default;

  explicit RetrySchedule(Options options) : options_(options) {}

  // The delay before the next attempt; at least `floor` (a backend's Retry-After).
  [[nodiscard]] Duration next(RandomSource& random, Duration floor = Duration{0});

  void reset() { attempts_ = 0; }

  [[nodiscard]] int attempts() const { return attempts_; }

 private:
  Options options_{};
  int attempts_{0};
};

}  // namespace runnel::backend
