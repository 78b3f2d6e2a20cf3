#include "runnel/server/json_pointer.h"

#include "runnel/server/parse_number.h"

#include <algorithm>
#include <utility>

namespace runnel::server {

namespace {

Result<std::string> unescape(std::string_view token) {
  std::string plain;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      plain += token[i];
      continue;
    }
    const char code = i + 1 < token.size() ? token[++i] : '\0';
    if (code != '0' && code != '1') {
      return fail(Errc::Invalid, "in a JSON pointer `~` is followed by 0 or 1");
    }
    plain += code == '0' ? '~' : '/';
  }
  return plain;
}

}  // namespace

Result<std::vector<std::string>> parse_pointer(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  if (pointer.front() != '/') {
    return fail(Errc::Invalid, "a JSON pointer is empty or begins with a slash");
  }
  for (std::string_view rest = pointer;;) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    tokens.push_back(RUNNEL_TRY(unescape(rest.substr(0, end))));
    if (end == rest.size()) return tokens;
    rest.remove_prefix(end);
  }
}

std::optional<std::size_t> array_index(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  return parse_number(token);
}

}  // namespace runnel::server
