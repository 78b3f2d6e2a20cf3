// The table of settings: every key that can be set, what it means, how its value is read and shown.
// Files, environment and command line all go through it, so a key exists in all of them or in none.
#pragma once

#include "runnel/server/config.h"

#include "base/result.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace runnel::server {

struct Setting {
  std::string_view key;      // "save.interval"
  std::string_view meaning;  // one line for a person
  std::function<Result<void>(Config&, std::string_view text)> set;
  std::function<std::string(const Config&)> show;  // of a secret only whether it is set
};

[[nodiscard]] std::span<const Setting> settings();

// Null when there is no such key.
[[nodiscard]] const Setting* find_setting(std::string_view key);

// "save.interval" as RUNNEL_SAVE_INTERVAL.
[[nodiscard]] std::string environment_name(std::string_view key);

// A sentence on a key that does not exist, with the one that was probably meant.
[[nodiscard]] Error unknown_setting(std::string_view key);

}  // namespace runnel::server
