// A clock that a test moves by hand.
#pragma once

#include "base/time_source.h"

#include <cstdint>

namespace runnel {

class ManualTime final : public TimeSource {
 public:
  // Starts at 2026-01-01T00:00:00Z, so that stored times look like times.
  static constexpr std::int64_t kStartWallMs = 1'767'225'600'000;

  [[nodiscard]] std::int64_t wall_ms() const override { return kStartWallMs + elapsed_ms_; }

  [[nodiscard]] std::int64_t steady_ms() const override { return elapsed_ms_; }

  void advance(Duration by) { elapsed_ms_ += by.count(); }

 private:
  std::int64_t elapsed_ms_{0};
};

}  // namespace runnel
