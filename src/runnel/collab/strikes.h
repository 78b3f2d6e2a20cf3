// Strikes: how often a connection sent what could not be decoded or was refused, within a minute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace runnel::collab {

class Strikes {
 public:
  // One more; true when that is more than the `per_minute` that a minute may see.
  bool add(std::int64_t now_ms, int per_minute) {
    ++total_;
    recent_.push_back(now_ms);
    std::erase_if(recent_, [&](std::int64_t at_ms) { return now_ms - at_ms >= kMinuteMs; });
    return recent_.size() > static_cast<std::size_t>(per_minute);
  }

  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

 private:
  static constexpr std::int64_t kMinuteMs = 60'000;

  std::uint64_t total_{0};
  std::vector<std::int64_t> recent_;  // at most per_minute + 1: the connection is closed then
};

}  // namespace runnel::collab
