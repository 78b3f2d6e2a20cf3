// The log as the layers see it: a level, a sentence and named fields. What prints them (text, JSON)
// is chosen in server/. Secrets never go into a field: tokens and keys have no overload here.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace runnel {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

struct LogField {
  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}

  LogField(std::string_view name, const char* text) : key(name), value(text) {}

  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}

  LogField(std::string_view name, std::int64_t number) : key(name), value(std::to_string(number)) {}

  LogField(std::string_view name, std::uint64_t number)
      : key(name), value(std::to_string(number)) {}

  LogField(std::string_view name, int number) : key(name), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;
};

class Log {
 public:
  Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  Log(Log&&) = delete;
  Log& operator=(Log&&) = delete;
  virtual ~Log() = default;

  // Any thread. `fields` name things as in docs/GLOSSARY.md: room, connection, client.
  virtual void write(LogLevel level, std::string_view sentence,
                     std::initializer_list<LogField> fields) = 0;

  void info(std::string_view sentence, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Info, sentence, fields);
  }

  void warning(std::string_view sentence, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Warning, sentence, fields);
  }

  void error(std::string_view sentence, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Error, sentence, fields);
  }
};

// For code under test that nobody listens to.
class NullLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*sentence*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

}  // namespace runnel
