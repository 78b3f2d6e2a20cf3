#include "runnel/server/setting_checks.h"

#include "runnel/net/client_address.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace runnel::server {

namespace {

constexpr std::array<std::string_view, 9> kOurPaths{
    "/party", "/parties", "/v1", "/_", "/healthz", "/readyz", "/collaboration", "/api", "/metrics"};

bool has_url_characters(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '<' && c != '>' && c != '\\';
  });
}

// What follows the scheme; nothing when it is no scheme of HTTP.
std::optional<std::string_view> after_scheme(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.starts_with(scheme)) return url.substr(scheme.size());
  }
  return std::nullopt;
}

bool is_under(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) &&
         (path.size() == folder.size() || path.substr(folder.size()).starts_with('/'));
}

}  // namespace

bool is_url(std::string_view text) { return after_scheme(text).has_value(); }

Result<void> check_url(const std::string& url) {
  if (url.empty()) return {};
  const auto rest = after_scheme(url);
  const bool has_host =
      rest && !rest->empty() && !rest->starts_with('/') && !rest->starts_with(':');
  if (has_host && has_url_characters(url) && url.find_first_of("?#") == std::string::npos)
    return {};
  return fail(Errc::Invalid, "expected an address such as https://app.example, without a query");
}

Result<void> check_path(const std::string& path) {
  if (path.starts_with('/') && has_url_characters(path) &&
      path.find_first_of("?#") == std::string::npos) {
    return {};
  }
  return fail(Errc::Invalid, "expected a path that begins with /, without a query");
}

Result<void> check_room_prefix(const std::string& prefix) {
  if (!prefix.empty()) {
    if (const Result<void> checked = check_path(prefix); !checked) return checked;
  }
  for (const std::string_view ours : kOurPaths) {
    if (is_under(prefix, ours)) {
      return fail(Errc::Invalid, "expected a path that is not under " + std::string(ours) +
                                     ", where something else is served");
    }
  }
  return {};
}

Result<void> check_origins(const std::vector<std::string>& origins) {
  for (const std::string& origin : origins) {
    const std::size_t scheme = origin.find("://");
    const bool has_host = scheme != std::string::npos && scheme > 0 && scheme + 3 < origin.size();
    const bool has_path = has_host && origin.find('/', scheme + 3) != std::string::npos;
    const bool has_upper = std::ranges::any_of(origin, [](char c) { return c >= 'A' && c <= 'Z'; });
    const bool has_default_port = (origin.starts_with("http://") && origin.ends_with(":80")) ||
                                  (origin.starts_with("https://") && origin.ends_with(":443"));
    if (!has_host || has_path || has_upper || has_default_port || !has_url_characters(origin)) {
      return fail(Errc::Invalid,
                  "expected origins as browsers write them, such as https://app.example or "
                  "http://localhost:3000: in small letters, without a path, a slash at the end or "
                  "the port that goes without saying");
    }
  }
  return {};
}

Result<void> check_address_blocks(const std::vector<std::string>& blocks) {
  for (const std::string& text : blocks) {
    const auto block = net::AddressBlock::parse(text);
    if (!block) return std::unexpected(block.error());
  }
  return {};
}

Result<void> check_loops(const std::uint32_t& loops) {
  if (loops <= kLoopsMax) return {};
  return fail(Errc::Invalid,
              "expected a whole number from 0 (one per core) to " + std::to_string(kLoopsMax));
}

Result<void> check_timeout(const Duration& timeout) {
  if (timeout.count() > 0) return {};
  return fail(Errc::Invalid,
              "expected a time above zero, for a backend that hangs would hold a room for ever");
}

Result<void> check_interval(const Duration& interval) {
  if (interval.count() > 0) return {};
  return fail(Errc::Invalid, "expected a time above zero, such as 30s or 5m");
}

Result<void> check_size_bound(const std::uint64_t& bytes) {
  if (bytes > 0) return {};
  return fail(Errc::Invalid, "expected a size above zero, such as 64KB or 10MB");
}

Result<void> check_count_bound(const std::uint64_t& count) {
  if (count > 0) return {};
  return fail(Errc::Invalid, "expected a whole number above zero");
}

}  // namespace runnel::server
