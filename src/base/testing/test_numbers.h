// What the environment tells a random test: RUNNEL_SEED, the seed to replay, and how many to run.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace runnel {

// The number in an environment variable, or `otherwise` where it is not set. Tests only; nothing
// may change the environment meanwhile.
inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const given = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): see above
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

// The seed that a random test starts from: the one to replay, or the test's own.
inline std::uint64_t seed_of_run(std::uint64_t otherwise = 1) {
  return number_from("RUNNEL_SEED", otherwise);
}

}  // namespace runnel
