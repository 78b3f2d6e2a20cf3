// Where the configuration comes from, weakest first: defaults, partykit.json, runnel.toml, the
// environment (CONVEX_SITE_URL and PARTYKIT_SECRET before RUNNEL_*), the command line.
#pragma once

#include "runnel/server/config.h"

#include "base/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::server {

// One value from the command line. `written` is how the user wrote it: "--port 2000".
struct CommandLineValue {
  std::string key;
  std::string value;
  std::string written;
};

struct ConfigSources {
  std::optional<std::string> file;  // --config; otherwise runnel.toml here, if there is one
  std::string folder{"."};          // where runnel.toml and partykit.json are looked for
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<CommandLineValue> command_line;
};

struct LoadedConfig {
  Config config;
  std::string name;                            // of the project, from partykit.json
  std::map<std::string, std::string> origins;  // key -> "runnel.toml:3"; missing: default
  std::vector<std::string> warnings;
};

// The first thing that is wrong, with file, line and key, and what was expected there.
[[nodiscard]] Result<LoadedConfig> load_config(const ConfigSources& sources);

// Effective values and where each came from, one line each. Secrets are not shown.
[[nodiscard]] std::string describe_config(const LoadedConfig& loaded);

// What the settings below `key` mean, "save" or "save.interval" (empty: all), with value, origin
// and name in the environment. Invalid when there is none.
[[nodiscard]] Result<std::string> explain_config(const LoadedConfig& loaded, std::string_view key);

}  // namespace runnel::server
