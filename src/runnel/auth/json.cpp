#include "runnel/auth/json.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cmath>

namespace runnel::auth::json {

namespace {

const boost::json::value* member(const Object& object, std::string_view key) {
  return object.if_contains(boost::json::string_view(key.data(), key.size()));
}

}  // namespace

Result<Object> parse_object(std::string_view text, std::string_view what) {
  if (text.size() > kDocumentBytesMax) {
    return fail(Errc::LimitExceeded, std::string(what) + " has " + std::to_string(text.size()) +
                                         " bytes; at most " + std::to_string(kDocumentBytesMax) +
                                         " are read");
  }
  boost::json::error_code error;
  boost::json::value value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  if (error) return fail(Errc::Malformed, std::string(what) + " is not JSON");
  if (!value.is_object()) return fail(Errc::Malformed, std::string(what) + " is no JSON object");
  return std::move(value.get_object());
}

std::optional<std::string> text(const Object& object, std::string_view key) {
  const boost::json::value* value = member(object, key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string().begin(), value->get_string().end());
}

std::string text_or_empty(const Object& object, std::string_view key) {
  return text(object, key).value_or(std::string{});
}

std::optional<std::int64_t> integer(const Object& object, std::string_view key) {
  const boost::json::value* value = member(object, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_double()) {
    // Beyond 2^53 a double no longer names one integer.
    constexpr double kExact = 9007199254740992.0;
    const double number = value->get_double();
    if (std::abs(number) <= kExact) return static_cast<std::int64_t>(number);
  }
  return std::nullopt;
}

std::optional<bool> boolean(const Object& object, std::string_view key) {
  const boost::json::value* value = member(object, key);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

std::vector<std::string> texts(const Object& object, std::string_view key) {
  std::vector<std::string> found;
  if (auto single = text(object, key)) {
    found.push_back(std::move(*single));
    return found;
  }
  const boost::json::value* value = member(object, key);
  if (value == nullptr || !value->is_array()) return found;
  for (const boost::json::value& element : value->get_array()) {
    if (!element.is_string()) continue;
    found.emplace_back(element.get_string().begin(), element.get_string().end());
  }
  return found;
}

std::vector<Object> objects(const Object& object, std::string_view key) {
  std::vector<Object> found;
  const boost::json::value* value = member(object, key);
  if (value == nullptr || !value->is_array()) return found;
  for (const boost::json::value& element : value->get_array()) {
    if (element.is_object()) found.push_back(element.get_object());
  }
  return found;
}

std::string to_string(const Object& object) { return boost::json::serialize(object); }

}  // namespace runnel::auth::json
