#include "runnel/protocol/control.h"

#include <boost/json.hpp>

#include <array>

namespace runnel::protocol {

namespace {

constexpr std::array<std::string_view, 3> kClientTypes = {"auth", "sync_request", "token_refresh"};

}  // namespace

std::optional<ControlMessage> parse_control(std::string_view text) {
  if (text.size() > kControlBytesMax || !text.starts_with('{')) return std::nullopt;
  boost::system::error_code error;
  const boost::json::value json = boost::json::parse(boost::json::string_view(text), error);
  const boost::json::object* object = error ? nullptr : json.if_object();
  const boost::json::value* type = object == nullptr ? nullptr : object->if_contains("type");
  if (type == nullptr || !type->is_string()) return std::nullopt;
  for (const std::string_view known : kClientTypes) {
    if (std::string_view(type->get_string()) == known) return ControlMessage{known, text};
  }
  return std::nullopt;
}

}  // namespace runnel::protocol
