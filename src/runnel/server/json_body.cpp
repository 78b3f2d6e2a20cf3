#include "runnel/server/json_body.h"

#include "base/bytes.h"
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace runnel::server {

Result<boost::json::object> json_body(const net::HttpRequest& request,
                                      std::initializer_list<std::string_view> known) {
  if (request.body.empty()) return boost::json::object{};
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(as_text(request.body), error);
  if (error || !value.is_object()) return fail(Errc::Malformed, "the body must be a JSON object");
  for (const auto& [key, field] : value.get_object()) {
    if (std::ranges::find(known, std::string_view(key)) != known.end()) continue;
    std::string expected;
    for (const std::string_view name : known) {
      expected += (expected.empty() ? "`" : ", `") + std::string(name) + "`";
    }
    return fail(Errc::Invalid,
                "there is no field `" + std::string(key) + "`; expected " + expected);
  }
  return value.get_object();
}

Result<std::string> text_field(const boost::json::object& object, std::string_view name) {
  const boost::json::value* field = object.if_contains(name);
  if (field == nullptr) return std::string();
  if (field->is_string() && !field->get_string().empty()) return std::string(field->get_string());
  return fail(Errc::Invalid, "`" + std::string(name) + "` must be a text that is not empty");
}

}  // namespace runnel::server
