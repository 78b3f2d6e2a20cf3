// LogWriter: the log of the process, one line per event on standard error, as text for a person or
// as JSON for a collector. Any thread.
//
//   2026-11-20T20:03:04.123Z warning a client sent an update that cannot be read room=doc-1 byte=17
//   {"time":"2026-11-20T20:03:04.123Z","level":"warning","message":"a client …","room":"doc-1"}
#pragma once

#include "runnel/server/config.h"

#include "base/log.h"
#include "base/time_source.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace runnel::server {

class LogWriter final : public Log {
 public:
  // `time` outlives it.
  LogWriter(const LogConfig& config, const TimeSource& time);
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;
  LogWriter(LogWriter&&) = delete;
  LogWriter& operator=(LogWriter&&) = delete;
  ~LogWriter() override;

  void write(LogLevel level, std::string_view sentence,
             std::initializer_list<LogField> fields) override;

 private:
  LogConfig config_;
  const TimeSource& time_;
  std::unique_ptr<spdlog::logger> logger_;
};

struct LogLine {
  std::int64_t wall_ms{0};
  LogLevel level{LogLevel::Info};
  std::string_view sentence;
  std::initializer_list<LogField> fields;
};

// Without the newline at the end. Whatever bytes a field holds, the line stays one line and, in
// JSON, valid: peers choose names of rooms.
[[nodiscard]] std::string render_text(const LogLine& line);
[[nodiscard]] std::string render_json(const LogLine& line);

}  // namespace runnel::server
