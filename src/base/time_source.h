// Time as an argument: nothing below `server/` reads a clock of its own, so that a whole server can
// run under virtual time.
#pragma once

#include <chrono>
#include <cstdint>

namespace runnel {

using Duration = std::chrono::milliseconds;

class TimeSource {
 public:
  TimeSource() = default;
  TimeSource(const TimeSource&) = delete;
  TimeSource& operator=(const TimeSource&) = delete;
  TimeSource(TimeSource&&) = delete;
  TimeSource& operator=(TimeSource&&) = delete;
  virtual ~TimeSource() = default;

  // Milliseconds since the Unix epoch. May jump; for what is stored or shown.
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;

  // Milliseconds since some fixed instant of this process. Never goes back; for deadlines.
  [[nodiscard]] virtual std::int64_t steady_ms() const = 0;
};

// The machine's clocks. Any thread.
class SystemTime final : public TimeSource {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override;
  [[nodiscard]] std::int64_t steady_ms() const override;
};

}  // namespace runnel
