#include "runnel/collab/rate_meter.h"

namespace runnel::collab {

namespace {

constexpr std::int64_t kWindowMs = 5000;

}  // namespace

void RateMeter::add(std::int64_t now_ms) noexcept {
  const std::int64_t window = now_ms / kWindowMs;
  if (window != window_) {
    previous_ = window == window_ + 1 ? current_ : 0;
    current_ = 0;
    window_ = window;
  }
  ++current_;
}

std::int64_t RateMeter::per_1000_seconds(std::int64_t now_ms) const noexcept {
  const std::int64_t passed = now_ms / kWindowMs - window_;
  if (passed > 1) return 0;
  const std::int64_t current = passed == 0 ? current_ : 0;
  const std::int64_t previous = passed == 0 ? previous_ : current_;
  const std::int64_t left_ms = kWindowMs - now_ms % kWindowMs;
  // Per window first, in thousandths of one event, so that slow rates are not rounded away.
  const std::int64_t thousandths = current * 1000 + previous * 1000 * left_ms / kWindowMs;
  return thousandths * 1000 / kWindowMs;
}

}  // namespace runnel::collab
