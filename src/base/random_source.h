// Randomness as an argument, for the same reason as time: one seed replays a whole server.
#pragma once

#include <cstdint>

namespace runnel {

class RandomSource {
 public:
  RandomSource() = default;
  RandomSource(const RandomSource&) = delete;
  RandomSource& operator=(const RandomSource&) = delete;
  RandomSource(RandomSource&&) = delete;
  RandomSource& operator=(RandomSource&&) = delete;
  virtual ~RandomSource() = default;

  // 64 uniformly distributed bits.
  virtual std::uint64_t next() = 0;

  // Uniform in [0, bound); `bound` is not 0.
  std::uint64_t below(std::uint64_t bound);
};

// The kernel's generator, good enough for secrets. Any thread.
class SystemRandom final : public RandomSource {
 public:
  std::uint64_t next() override;
};

// SplitMix64 (Steele, Lea, Flood 2014): for tests and jitter, never for secrets. One thread.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace runnel
