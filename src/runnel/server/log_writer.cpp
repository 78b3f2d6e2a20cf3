#include "runnel/server/log_writer.h"

#include "base/utf8.h"
#include <fmt/core.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <ctime>

namespace runnel::server {

namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Error:
      return "error";
  }
  return "error";
}

std::string timestamp(std::int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     wall_ms % 1000);
}

// Escapes as JSON has them, which a person reads as well. Text that is not UTF-8 has every byte
// above ASCII escaped on its own.
std::string escape(std::string_view text) {
  const bool keep_high = find_invalid_utf8(text) == std::string_view::npos;
  std::string out;
  out.reserve(text.size() + 2);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !keep_high)) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c != '"' && c != '\\' && c != '=' && c < 0x7f;
  });
}

}  // namespace

std::string render_text(const LogLine& line) {
  std::string out = fmt::format("{} {:<7} {}", timestamp(line.wall_ms), level_name(line.level),
                                escape(line.sentence));
  for (const LogField& field : line.fields) {
    out += ' ';
    out += field.key;
    out += '=';
    out += is_plain(field.value) ? field.value : '"' + escape(field.value) + '"';
  }
  return out;
}

std::string render_json(const LogLine& line) {
  std::string out =
      fmt::format(R"({{"time":"{}","level":"{}","message":"{}")", timestamp(line.wall_ms),
                  level_name(line.level), escape(line.sentence));
  for (const LogField& field : line.fields) {
    out += fmt::format(R"(,"{}":"{}")", escape(field.key), escape(field.value));
  }
  return out + '}';
}

LogWriter::LogWriter(const LogConfig& config, const TimeSource& time)
    : config_(config),
      time_(time),
      logger_(std::make_unique<spdlog::logger>("runnel",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  logger_->flush_on(spdlog::level::info);
}

LogWriter::~LogWriter() = default;

void LogWriter::write(LogLevel level, std::string_view sentence,
                      std::initializer_list<LogField> fields) {
  if (level < config_.level) return;
  const LogLine line{time_.wall_ms(), level, sentence, fields};
  logger_->log(spdlog::level::info,
               config_.format == LogFormat::Json ? render_json(line) : render_text(line));
}

}  // namespace runnel::server
