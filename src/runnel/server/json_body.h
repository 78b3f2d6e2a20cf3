// Reading the JSON bodies of small calls.
#pragma once

#include "runnel/net/http_types.h"

#include "base/result.h"
#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace runnel::server {

// The body as an object; an empty object when there is no body. Malformed when it is something
// else.
[[nodiscard]] Result<boost::json::object> json_body(const net::HttpRequest& request);

// A field that is text, else empty.
[[nodiscard]] std::string text_field(const boost::json::object& object, std::string_view name);

}  // namespace runnel::server
