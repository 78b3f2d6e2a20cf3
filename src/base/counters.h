// Counters and gauges that any layer can hold and server/ exports. Writing one is a relaxed add:
// they are read for a person, never to decide anything.
#pragma once

#include <atomic>
#include <cstdint>

namespace runnel {

// Only grows. Any thread.
class Counter {
 public:
  void add(std::uint64_t amount = 1) noexcept {
    value_.fetch_add(amount, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A level that rises and falls. Any thread.
class Gauge {
 public:
  void add(std::int64_t amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }

  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }

  [[nodiscard]] std::int64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace runnel
