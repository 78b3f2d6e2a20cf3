// RateMeter: how often something happens, over the last seconds. Two windows are enough: the one
// that runs and the one before, weighted by how much of it is still recent.
#pragma once

#include <cstdint>

namespace runnel::collab {

class RateMeter {
 public:
  void add(std::int64_t now_ms) noexcept;

  [[nodiscard]] std::int64_t per_1000_seconds(std::int64_t now_ms) const noexcept;

 private:
  std::int64_t window_{0};  // number of the window that `current_` counts
  std::int64_t current_{0};
  std::int64_t previous_{0};
};

}  // namespace runnel::collab
