#include "runnel/server/config_sources.h"

#include "runnel/server/config_files.h"
#include "runnel/server/settings.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace runnel::server {

namespace {

struct Alias {
  std::string_view variable;
  std::string_view key;
};

constexpr std::array<Alias, 2> kAliases{
    {{"CONVEX_SITE_URL", "backend.url"}, {"PARTYKIT_SECRET", "backend.secret"}}};

Result<void> assign(LoadedConfig& loaded, const std::string& key, const std::string& value,
                    const std::string& origin) {
  const Setting* const setting = find_setting(key);
  if (setting == nullptr) {
    return fail(Errc::NotFound, origin + ": " + unknown_setting(key).detail);
  }
  if (const Result<void> set = setting->set(loaded.config, value); !set) {
    // What was written is repeated unless it could be a secret.
    const bool secret = key.ends_with("secret");
    return fail(Errc::Invalid, fmt::format("{}: {}: {}{}", origin, key, set.error().detail,
                                           secret ? "" : fmt::format(", got '{}'", value)));
  }
  loaded.origins[key] = origin;
  return {};
}

// Aliases first, so that our own name of the same setting wins.
std::vector<std::pair<std::string, std::string>> variables_and_keys() {
  std::vector<std::pair<std::string, std::string>> all;
  all.reserve(kAliases.size() + settings().size());
  for (const Alias& alias : kAliases) all.emplace_back(alias.variable, alias.key);
  for (const Setting& setting : settings()) {
    all.emplace_back(environment_name(setting.key), setting.key);
  }
  return all;
}

Result<void> apply_environment(LoadedConfig& loaded,
                               const std::vector<std::pair<std::string, std::string>>& environment,
                               const std::string& origin_suffix) {
  for (const auto& [variable, key] : variables_and_keys()) {
    const auto found =
        std::ranges::find(environment, variable, &std::pair<std::string, std::string>::first);
    if (found == environment.end()) continue;
    RUNNEL_TRY_VOID(assign(loaded, key, found->second, variable + origin_suffix));
  }
  return {};
}

Result<void> apply_partykit(LoadedConfig& loaded, const std::string& path) {
  if (!std::filesystem::exists(path)) return {};
  const PartykitFile file = RUNNEL_TRY(read_partykit_file(path));
  loaded.name = file.name;
  for (const FileValue& value : file.values) {
    RUNNEL_TRY_VOID(assign(loaded, value.key, value.text, path));
  }
  return apply_environment(loaded, file.vars, " in " + path);
}

Result<void> apply_toml(LoadedConfig& loaded, const ConfigSources& sources) {
  const std::string path = sources.file.value_or(sources.folder + "/runnel.toml");
  if (!sources.file && !std::filesystem::exists(path)) return {};
  for (const FileValue& value : RUNNEL_TRY(read_toml_file(path))) {
    RUNNEL_TRY_VOID(assign(loaded, value.key, value.text, fmt::format("{}:{}", path, value.line)));
  }
  return {};
}

// What follows from other values, and what cannot be meant together.
Result<void> complete(LoadedConfig& loaded) {
  Config& config = loaded.config;
  if (!config.backend.url.empty() && !loaded.origins.contains("backend.kind")) {
    config.backend.kind = BackendKind::Http;
    loaded.origins["backend.kind"] = "backend.url is set";
  }
  if (config.server.tls_cert.empty() != config.server.tls_key.empty()) {
    return fail(Errc::Invalid,
                "server.tls_cert and server.tls_key belong together: set both or neither");
  }
  while (config.rooms.yjs_prefix.ends_with('/')) config.rooms.yjs_prefix.pop_back();
  if (config.server.data_dir.empty()) {
    return fail(Errc::Invalid, "server.data_dir: expected a directory");
  }
  return {};
}

// Misspelt variables are likely meant for us, but the environment is not ours alone.
void warn_of_unknown_variables(LoadedConfig& loaded, const ConfigSources& sources) {
  std::vector<std::string> known;
  for (const Setting& setting : settings()) known.push_back(environment_name(setting.key));
  for (const auto& [name, value] : sources.environment) {
    const bool ours = std::ranges::any_of(
        std::array<std::string_view, 9>{"SERVER", "STORAGE", "ROOMS", "SAVE", "BACKEND", "AUTH",
                                        "ADMIN", "LIMITS", "LOG"},
        [&name](std::string_view group) {
          return name.starts_with("RUNNEL_" + std::string(group) + "_");
        });
    if (ours && std::ranges::find(known, name) == known.end()) {
      loaded.warnings.push_back("the variable " + name +
                                " is no setting; `runnel config` lists all");
    }
  }
}

std::string_view origin_of(const LoadedConfig& loaded, const Setting& setting) {
  const auto origin = loaded.origins.find(std::string(setting.key));
  return origin == loaded.origins.end() ? "default" : std::string_view(origin->second);
}

}  // namespace

Result<LoadedConfig> load_config(const ConfigSources& sources) {
  LoadedConfig loaded;
  RUNNEL_TRY_VOID(apply_partykit(loaded, sources.folder + "/partykit.json"));
  RUNNEL_TRY_VOID(apply_toml(loaded, sources));
  RUNNEL_TRY_VOID(apply_environment(loaded, sources.environment, ""));
  for (const CommandLineValue& value : sources.command_line) {
    RUNNEL_TRY_VOID(assign(loaded, value.key, value.value, value.written));
  }
  RUNNEL_TRY_VOID(complete(loaded));
  warn_of_unknown_variables(loaded, sources);
  return loaded;
}

std::string describe_config(const LoadedConfig& loaded) {
  std::string text;
  for (const Setting& setting : settings()) {
    text += fmt::format("{:<30} {:<26} {}\n", setting.key, setting.show(loaded.config),
                        origin_of(loaded, setting));
  }
  for (const std::string& warning : loaded.warnings) text += "warning: " + warning + "\n";
  return text;
}

Result<std::string> explain_config(const LoadedConfig& loaded, std::string_view key) {
  std::string text;
  for (const Setting& setting : settings()) {
    const bool is_below = key.empty() || setting.key == key ||
                          (setting.key.starts_with(key) && setting.key[key.size()] == '.');
    if (!is_below) continue;
    const std::string value = setting.show(loaded.config);
    text += fmt::format("{} = {}  ({})\n    {}\n    {}\n", setting.key,
                        value.empty() ? "(not set)" : value, origin_of(loaded, setting),
                        setting.meaning, environment_name(setting.key));
  }
  if (text.empty()) return std::unexpected(unknown_setting(key));
  return text;
}

}  // namespace runnel::server
