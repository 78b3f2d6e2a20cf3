// How much of a long list one answer of the API holds. Pure.
#pragma once

#include "runnel/net/http_types.h"
#include "runnel/server/parse_number.h"

#include "base/result.h"

#include <cstddef>
#include <string_view>

namespace runnel::server {

// What the parameter `limit` of the query says, or `otherwise`; Invalid when it is not one.
[[nodiscard]] inline Result<std::size_t> parse_page_limit(std::string_view query,
                                                          std::size_t otherwise) {
  constexpr std::size_t kMax = 1000;
  const auto limit = net::query_value(query, "limit");
  if (!limit) return otherwise;
  const auto number = parse_number(*limit);
  if (!number || *number == 0 || *number > kMax) {
    return fail(Errc::Invalid, "`limit` must be a number from 1 to 1000");
  }
  return *number;
}

}  // namespace runnel::server
