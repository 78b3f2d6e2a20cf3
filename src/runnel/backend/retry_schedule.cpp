#include "runnel/backend/retry_schedule.h"

#include <algorithm>
#include <cstdint>

namespace runnel::backend {

Duration RetrySchedule::next(RandomSource& random, Duration floor) {
  constexpr int kDoublingsMax = 20;
  const std::int64_t doubled = options_.first.count() << std::min(attempts_, kDoublingsMax);
  ++attempts_;
  const std::int64_t ceiling = std::max<std::int64_t>(2, std::min(doubled, options_.last.count()));
  const std::int64_t half = ceiling / 2;
  const auto spread = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(half) + 1));
  return std::max(floor, Duration{half + spread});
}

}  // namespace runnel::backend
