// Secret: text that must never be printed (tokens, shared secrets, keys). It has no stream
// operator, no formatter and no conversion to text, so that a log line that would show one does not
// compile.
#pragma once

#include "base/bytes.h"

#include <string>
#include <string_view>
#include <utility>

namespace runnel::auth {

class Secret {
 public:
  Secret() = default;

  explicit Secret(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  // For the one who sends, hashes or verifies it. What comes out must not be kept or logged.
  [[nodiscard]] std::string_view reveal() const noexcept { return text_; }

  // Whether `presented` is this secret, in a time that does not tell how much of it was right. An
  // empty secret equals nothing, so that a missing configuration lets nobody in.
  [[nodiscard]] bool equals(std::string_view presented) const;

 private:
  std::string text_;
};

}  // namespace runnel::auth
