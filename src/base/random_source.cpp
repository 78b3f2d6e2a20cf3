#include "base/random_source.h"

#include "base/check.h"
#include <sys/random.h>

namespace runnel {

std::uint64_t RandomSource::below(std::uint64_t bound) {
  RUNNEL_CHECK(bound > 0);
  // Rejecting the incomplete last stretch keeps the result uniform.
  const std::uint64_t limit = UINT64_MAX - (UINT64_MAX % bound);
  std::uint64_t value = next();
  while (value >= limit) value = next();
  return value % bound;
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  const ssize_t got = ::getrandom(&value, sizeof value, 0);
  RUNNEL_CHECK(got == static_cast<ssize_t>(sizeof value));
  return value;
}

std::uint64_t SeededRandom::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31U);
}

}  // namespace runnel
