// Reading the JSON bodies of small calls.
#pragma once

#include "runnel/net/http_types.h"

#include "base/result.h"
#include <boost/json/object.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace runnel::server {

// The body as an object; an empty object when there is no body. Malformed when it is something
// else, Invalid when it has a field that is not among `known`: a misspelt one is not left out.
[[nodiscard]] Result<boost::json::object> json_body(const net::HttpRequest& request,
                                                    std::initializer_list<std::string_view> known);

// A field that is text; empty when it is not there. Invalid when it is there and no text, or empty.
[[nodiscard]] Result<std::string> text_field(const boost::json::object& object,
                                             std::string_view name);

}  // namespace runnel::server
