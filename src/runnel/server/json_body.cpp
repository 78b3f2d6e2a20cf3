#include "runnel/server/json_body.h"

#include "base/bytes.h"
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace runnel::server {

Result<boost::json::object> json_body(const net::HttpRequest& request) {
  if (request.body.empty()) return boost::json::object{};
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(as_text(request.body), error);
  if (error || !value.is_object()) return fail(Errc::Malformed, "the body must be a JSON object");
  return value.get_object();
}

std::string text_field(const boost::json::object& object, std::string_view name) {
  const boost::json::value* field = object.if_contains(name);
  return field != nullptr && field->is_string() ? std::string(field->get_string()) : std::string();
}

}  // namespace runnel::server
