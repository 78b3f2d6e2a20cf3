// Offenders: connection keys (`_pk`) whose connection was closed for sending too much that could
// not be decoded. server/ asks before an upgrade and answers 429. Of one event loop; bounded.
#pragma once

#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace runnel::collab {

class Offenders {
 public:
  struct Options {
    Duration first{std::chrono::seconds(10)};  // doubles with every further offence
    Duration last{std::chrono::minutes(10)};
    std::size_t keys{10'000};  // remembered; the one that is forgiven first gives way
  };

  Offenders() = default;

  explicit Offenders(Options options) : options_(options) {}

  // Times are steady ones. An empty key is nobody's and is not remembered.
  void add(std::string_view key, std::int64_t now_ms);

  // How long the key is to stay away, in ms; 0: it may come.
  [[nodiscard]] std::int64_t retry_after_ms(std::string_view key, std::int64_t now_ms) const;

 private:
  struct Offence {
    int count{0};
    std::int64_t until_ms{0};
  };

  Options options_{};
  std::map<std::string, Offence, std::less<>> offences_;
};

}  // namespace runnel::collab
