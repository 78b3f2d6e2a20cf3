#include "runnel/protocol/chunked.h"

#include <boost/json.hpp>

#include <utility>

namespace runnel::protocol {

namespace {

constexpr std::size_t kMarkerBytesMax = 1024;  // a real one takes some 80

Result<std::uint64_t> number_of(const boost::json::object& json, std::string_view name) {
  const boost::json::value* value = json.if_contains(name);
  if (value == nullptr || !value->is_int64() || value->as_int64() < 0) {
    return fail(Errc::Malformed, "a batch marker has no number \"" + std::string(name) + "\"");
  }
  return static_cast<std::uint64_t>(value->as_int64());
}

}  // namespace

Result<ChunkAssembler::Marker> ChunkAssembler::parse(std::string_view text) {
  if (text.size() > kMarkerBytesMax) return fail(Errc::Malformed, "a batch marker is too long");
  const std::size_t hash = text.find('#');
  if (hash == std::string_view::npos) return fail(Errc::Malformed, "a batch marker has no '#'");
  boost::system::error_code error;
  const boost::json::value json =
      boost::json::parse(boost::json::string_view(text.substr(hash + 1)), error);
  const boost::json::object* object = error ? nullptr : json.if_object();
  if (object == nullptr) return fail(Errc::Malformed, "a batch marker is not JSON");

  const boost::json::value* id = object->if_contains("id");
  const boost::json::value* type = object->if_contains("type");
  if (id == nullptr || !id->is_string() || type == nullptr || !type->is_string()) {
    return fail(Errc::Malformed, "a batch marker has no id or type");
  }
  const std::string_view kind(type->get_string());
  if (kind != "start" && kind != "end") {
    return fail(Errc::Malformed, "a batch marker is neither start nor end");
  }
  Marker marker;
  marker.id = std::string(std::string_view(id->get_string()));
  marker.is_start = kind == "start";
  marker.size = RUNNEL_TRY(number_of(*object, "size"));
  marker.count = RUNNEL_TRY(number_of(*object, "count"));
  return marker;
}

Result<bool> ChunkAssembler::marker(std::string_view text) {
  Result<Marker> parsed = parse(text);
  if (!parsed) {
    // Whatever it was to start or to end: the chunks of an open batch cannot be trusted any more.
    if (is_open()) reset(State::Discarding);
    return std::unexpected(parsed.error());
  }
  if (!parsed->is_start) return end(*parsed);
  RUNNEL_TRY_VOID(start(std::move(*parsed)));
  return false;
}

Result<void> ChunkAssembler::start(Marker marker) {
  reset(State::Open);
  if (marker.size > message_bytes_max_) {
    return discard(Errc::LimitExceeded, "a chunked message of " + std::to_string(marker.size) +
                                            " bytes is over the limit of " +
                                            std::to_string(message_bytes_max_));
  }
  current_ = std::move(marker);
  return {};
}

Result<void> ChunkAssembler::chunk(ByteView bytes) {
  if (state_ != State::Open) {
    // A client that never sends the end marker must not be deaf for ever.
    discarded_bytes_ += bytes.size() + 1;
    if (discarded_bytes_ > message_bytes_max_) reset(State::Closed);
    return {};
  }
  ++chunks_;
  if (chunks_ > current_.count) {
    return discard(Errc::Malformed, "a chunked message has more chunks than its start said");
  }
  if (bytes.size() > current_.size - joined_.size()) {
    return discard(Errc::Malformed, "a chunked message is longer than its start said");
  }
  joined_.insert(joined_.end(), bytes.begin(), bytes.end());
  return {};
}

Result<bool> ChunkAssembler::end(const Marker& marker) {
  const State was = state_;
  if (was != State::Open) {
    // An end without a start is ignored; one after a refused batch ends the swallowing.
    reset(State::Closed);
    return false;
  }
  const bool matches = marker.id == current_.id && marker.size == current_.size &&
                       marker.count == current_.count && joined_.size() == current_.size &&
                       chunks_ == current_.count;
  if (!matches) {
    reset(State::Closed);
    return fail(Errc::Malformed, "the end of a chunked message does not match its start");
  }
  state_ = State::Closed;
  return true;
}

Bytes ChunkAssembler::take() {
  Bytes joined = std::move(joined_);
  reset(State::Closed);
  return joined;
}

std::unexpected<Error> ChunkAssembler::discard(Errc code, std::string detail) {
  reset(State::Discarding);
  return fail(code, std::move(detail));
}

void ChunkAssembler::reset(State state) {
  state_ = state;
  current_ = Marker{};
  chunks_ = 0;
  discarded_bytes_ = 0;
  joined_ = Bytes();
}

}  // namespace runnel::protocol
