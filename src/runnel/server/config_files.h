// Reads runnel.toml and partykit.json into flat keys and texts; what the texts mean is decided by
// settings.h.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace runnel::server {

struct FileValue {
  std::string key;
  std::string text;
  std::uint32_t line{0};  // 0: not known
};

// NotFound with the path when it cannot be read.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

// Arrays of strings come as one text with commas. Errors name file and line.
[[nodiscard]] Result<std::vector<FileValue>> read_toml_file(const std::string& path);

struct PartykitFile {
  std::string name;
  std::vector<FileValue> values;                          // port, persist
  std::vector<std::pair<std::string, std::string>> vars;  // as environment variables
};

[[nodiscard]] Result<PartykitFile> read_partykit_file(const std::string& path);

}  // namespace runnel::server
