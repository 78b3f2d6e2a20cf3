#include "runnel/server/config_files.h"

#include "base/read_stream.h"
#define TOML_EXCEPTIONS 0
#include <boost/json.hpp>
#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

namespace runnel::server {

namespace {

std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* const text = node.as_string()) return text->get();
  if (const auto* const number = node.as_integer()) return std::to_string(number->get());
  if (const auto* const flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

std::optional<std::string> value_text(const toml::node& node) {
  const toml::array* const array = node.as_array();
  if (array == nullptr) return scalar_text(node);
  std::string joined;
  for (const toml::node& element : *array) {
    const std::optional<std::string> text = scalar_text(element);
    if (!text || text->find(',') != std::string::npos) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + *text;
  }
  return joined;
}

Result<void> flatten(const toml::table& table, const std::string& prefix, const std::string& path,
                     std::vector<FileValue>& values) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const std::uint32_t line = key.source().begin.line;
    if (const toml::table* const group = node.as_table(); group != nullptr && prefix.empty()) {
      RUNNEL_TRY_VOID(flatten(*group, name + ".", path, values));
      continue;
    }
    std::optional<std::string> text = value_text(node);
    if (!text) {
      return fail(Errc::Invalid, fmt::format("{}:{}: {}: expected a text, a whole number, true or "
                                             "false, or a list of texts without commas",
                                             path, line, name));
    }
    values.push_back({name, std::move(*text), line});
  }
  return {};
}

// partykit.json's `persist` is a switch, or the folder in which its development server persists.
void read_persist(const boost::json::value& persist, std::vector<FileValue>& values) {
  if (persist.is_bool()) {
    if (!persist.get_bool()) values.push_back({"rooms.persist", "none"});
  } else if (persist.is_string()) {
    values.push_back({"server.data_dir", std::string(persist.get_string())});
  }
}

std::optional<std::string> var_text(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool() || value.is_number()) return boost::json::serialize(value);
  return std::nullopt;
}

// PartyKit reads its file as JSON5, of which comments and trailing commas are what people write.
Result<boost::json::object> parse_relaxed(const std::string& text, const std::string& path) {
  boost::json::parse_options options;
  options.allow_comments = true;
  options.allow_trailing_commas = true;
  boost::json::stream_parser parser({}, options);
  boost::json::error_code error;
  const std::size_t read = parser.write_some(text, error);
  const bool is_whole = !error && text.find_first_not_of(" \t\r\n", read) == std::string::npos;
  if (is_whole) parser.finish(error);
  if (!error && is_whole) {
    boost::json::value parsed = parser.release();
    if (parsed.is_object()) return std::move(parsed.get_object());
    return fail(Errc::Malformed, path + ": expected a JSON object");
  }
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(read), '\n');
  return fail(Errc::Malformed,
              fmt::format("{}:{}: expected a JSON object{}", path, line,
                          error ? " (" + error.message() + ")" : " and nothing else"));
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return read_stream(file, path);
}

Result<std::vector<FileValue>> read_toml_file(const std::string& path) {
  const std::string text = RUNNEL_TRY(read_text_file(path));
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    return fail(Errc::Malformed, fmt::format("{}:{}: {}", path, parsed.error().source().begin.line,
                                             parsed.error().description()));
  }
  std::vector<FileValue> values;
  RUNNEL_TRY_VOID(flatten(parsed.table(), "", path, values));
  return values;
}

Result<PartykitFile> read_partykit_file(const std::string& path) {
  const std::string text = RUNNEL_TRY(read_text_file(path));
  const boost::json::object object = RUNNEL_TRY(parse_relaxed(text, path));
  PartykitFile file;
  if (const auto* const name = object.if_contains("name"); name != nullptr && name->is_string()) {
    file.name = std::string(name->get_string());
  }
  if (const auto* const port = object.if_contains("port")) {
    file.values.push_back({"server.port", boost::json::serialize(*port)});
  }
  if (const auto* const persist = object.if_contains("persist"))
    read_persist(*persist, file.values);
  if (const auto* const vars = object.if_contains("vars"); vars != nullptr && vars->is_object()) {
    for (const auto& [name, value] : vars->get_object()) {
      if (std::optional<std::string> content = var_text(value)) {
        file.vars.emplace_back(std::string(name), std::move(*content));
      }
    }
  }
  return file;
}

}  // namespace runnel::server
