#include "runnel/net/request_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>

#include <optional>
#include <utility>

namespace runnel::net {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

// A body that grows with the bytes that arrive. Beast's own reserve what Content-Length promises.
struct GrowingBody {
  using value_type = Bytes;

  class reader {  // NOLINT(readability-identifier-naming): Beast looks for this name
   public:
    template <bool IsRequest, class Fields>
    explicit reader(http::header<IsRequest, Fields>& /*head*/, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& /*promised*/, beast::error_code& error) {
      error = {};
    }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, beast::error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (const boost::asio::const_buffer buffer : beast::buffers_range(buffers)) {
        const auto* data = static_cast<const std::uint8_t*>(buffer.data());
        body_.insert(body_.end(), data, data + buffer.size());
        taken += buffer.size();
      }
      return taken;
    }

    void finish(beast::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

// All but the body.
HttpRequest head_of(const http::request_header<>& message) {
  HttpRequest request;
  request.method = text_of(message.method_string());
  request.target = text_of(message.target());
  for (const auto& field : message) {
    request.headers.add(text_of(field.name_string()), text_of(field.value()));
  }
  return request;
}

int status_of(const beast::error_code& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::bad_version) return 505;
  return 400;
}

}  // namespace

struct RequestParserImpl {
  http::request_parser<GrowingBody> parser;
  RequestParser::AskBodyRule ask_body_rule;
  BodyRule body_rule;
  std::size_t head_bytes_max{0};
  // What has arrived of an incomplete head or of the line before a chunk; Beast wants it in one
  // piece.
  Bytes unparsed;
  bool has_head{false};
  bool expects_continue{false};
  int failure_status{0};
  std::string failure;

  // Goes on with what is unparsed and the front of `input`; false after a failure.
  bool join(ByteView& input);

  // Gives Beast the bytes; returns how many it took, or nothing after a failure.
  std::optional<std::size_t> put(ByteView bytes);
  bool check_head();
  bool refuse_body();

  bool refuse(int status, std::string why) {
    failure_status = status;
    failure = std::move(why);
    return false;
  }
};

bool RequestParserImpl::join(ByteView& input) {
  const std::size_t before = unparsed.size();
  const std::size_t room = head_bytes_max + 1 - std::min(before, head_bytes_max);
  const ByteView more = input.first(std::min(input.size(), room));
  unparsed.insert(unparsed.end(), more.begin(), more.end());
  const std::optional<std::size_t> taken = put(unparsed);
  if (!taken) return false;
  if (*taken >= before) {
    input = input.subspan(*taken - before);
    Bytes().swap(unparsed);
  } else {
    input = input.subspan(more.size());
    unparsed.erase(unparsed.begin(), unparsed.begin() + static_cast<std::ptrdiff_t>(*taken));
  }
  return true;
}

std::optional<std::size_t> RequestParserImpl::put(ByteView bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !parser.is_done()) {
    beast::error_code error;
    const ByteView rest = bytes.subspan(taken);
    const std::size_t used = parser.put(boost::asio::buffer(rest.data(), rest.size()), error);
    taken += used;
    if (parser.is_header_done() && !has_head) {
      has_head = true;
      if (!check_head()) return std::nullopt;
    }
    if (error == http::error::need_more) break;
    if (error == http::error::body_limit) {
      refuse_body();
      return std::nullopt;
    }
    if (error) {
      refuse(status_of(error), error.message());
      return std::nullopt;
    }
    if (used == 0) break;
  }
  return taken;
}

bool RequestParserImpl::check_head() {
  const auto& request = parser.get();
  if (request.version() != 11 && request.version() != 10) {
    return refuse(505, "HTTP/1.1 expected");
  }
  if (request.version() == 11 && request.count(http::field::host) != 1) {
    return refuse(400, "an HTTP/1.1 request needs one Host field");
  }
  const auto length = parser.content_length();
  if (parser.chunked() || (length && *length > 0)) body_rule = ask_body_rule(head_of(request));
  parser.body_limit(body_rule.bytes_max);
  if (length && *length > body_rule.bytes_max) return refuse_body();
  expects_continue = beast::iequals(request[http::field::expect], "100-continue");
  return true;
}

bool RequestParserImpl::refuse_body() {
  const std::string bound = std::to_string(body_rule.bytes_max) + " bytes";
  return refuse(body_rule.refusal_status,
                body_rule.refusal_status == 401
                    ? "a body of more than " + bound + " needs the secret as a bearer token"
                    : "the body may have " + bound);
}

RequestParser::RequestParser(std::size_t head_bytes_max, AskBodyRule ask_body_rule)
    : impl_(std::make_unique<RequestParserImpl>()) {
  impl_->ask_body_rule = std::move(ask_body_rule);
  impl_->head_bytes_max = head_bytes_max;
  impl_->parser.header_limit(static_cast<std::uint32_t>(head_bytes_max));
  // Without a limit until the head says what is asked for: Beast checks Content-Length early.
  impl_->parser.body_limit(boost::none);
  impl_->parser.eager(false);
}

RequestParser::~RequestParser() = default;

RequestParser::Status RequestParser::feed(ByteView& input) {
  RequestParserImpl& impl = *impl_;
  if (!impl.unparsed.empty() && !impl.join(input)) return Status::Failed;
  if (impl.unparsed.empty()) {
    const std::optional<std::size_t> taken = impl.put(input);
    if (!taken) return Status::Failed;
    input = input.subspan(*taken);
    if (!impl.parser.is_done()) {
      impl.unparsed.assign(input.begin(), input.end());
      input = {};
    }
  }
  if (impl.parser.is_done()) return Status::Complete;
  // Beast bounds a head by itself, but not the line before a chunk.
  if (impl.unparsed.size() > impl.head_bytes_max) {
    impl.refuse(impl.has_head ? 400 : 431, "a line of the request is too long");
    return Status::Failed;
  }
  return Status::NeedMore;
}

bool RequestParser::has_head() const { return impl_->has_head; }

bool RequestParser::take_expects_continue() {
  return std::exchange(impl_->expects_continue, false);
}

int RequestParser::failure_status() const { return impl_->failure_status; }

const std::string& RequestParser::failure() const { return impl_->failure; }

HttpRequest RequestParser::take_request() {
  auto& message = impl_->parser.get();
  HttpRequest request = head_of(message);
  request.body = std::move(message.body());
  return request;
}

bool RequestParser::is_keep_alive() const { return impl_->parser.keep_alive(); }

bool RequestParser::is_http11() const { return impl_->parser.get().version() == 11; }

}  // namespace runnel::net
