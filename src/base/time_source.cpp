#include "base/time_source.h"

namespace runnel {

namespace {

template <class Clock>
std::int64_t milliseconds_of() {
  return std::chrono::duration_cast<Duration>(Clock::now().time_since_epoch()).count();
}

}  // namespace

std::int64_t SystemTime::wall_ms() const { return milliseconds_of<std::chrono::system_clock>(); }

std::int64_t SystemTime::steady_ms() const { return milliseconds_of<std::chrono::steady_clock>(); }

}  // namespace runnel
