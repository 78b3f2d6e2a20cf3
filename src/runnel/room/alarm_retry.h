// When an alarm that failed runs again, as on PartyKit: after 2, 4, 8, 16, 32 and 64 s, each with
// up to a quarter of jitter, then never.
#pragma once

#include "base/random_source.h"
#include "base/time_source.h"

#include <cstdint>
#include <optional>

namespace runnel::room {

inline constexpr int kAlarmRetriesMax = 6;

class AlarmRetry {
 public:
  // How long to wait now that the alarm has failed once more; nothing when it is to be dropped.
  [[nodiscard]] std::optional<Duration> next(RandomSource& random) {
    if (failures_ == kAlarmRetriesMax) return std::nullopt;
    ++failures_;
    const std::int64_t base_ms = std::int64_t{1000} << failures_;
    const auto jitter = random.below(static_cast<std::uint64_t>(base_ms) / 4 + 1);
    return Duration(base_ms + static_cast<std::int64_t>(jitter));
  }

  void reset() noexcept { failures_ = 0; }

 private:
  int failures_{0};
};

}  // namespace runnel::room
