// Errors of the HTTP API as RFC 9457 problem details: status, a title for the kind, a sentence for
// the case.
#pragma once

#include "runnel/net/http_types.h"

#include "base/result.h"

#include <string>
#include <string_view>

namespace runnel::server {

[[nodiscard]] net::HttpResponse problem(int status, std::string_view detail);

// The status that says whose fault it was.
[[nodiscard]] net::HttpResponse problem(const Error& error);

// `pointer`: JSON pointer into what was sent, to the part that cannot be.
[[nodiscard]] net::HttpResponse problem_at(int status, std::string_view detail,
                                           std::string_view pointer);

}  // namespace runnel::server
