#include "runnel/cli/local_client.h"

#include "runnel/server/data_dir.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>

#include <cstdint>
#include <limits>

namespace runnel::cli {

namespace http = boost::beast::http;
using boost::asio::local::stream_protocol;

namespace {

Result<void> connect(stream_protocol::socket& socket, const server::SocketPath& path) {
  boost::system::error_code error;
  socket.connect(stream_protocol::endpoint(path.text()), error);
  if (error) return fail(Errc::NotFound, "no server listens in this data directory");
  return {};
}

}  // namespace

Result<LocalReply> LocalClient::call(std::string_view method, std::string_view target,
                                     ByteView body, std::string_view content_type) const {
  const server::SocketPath path = RUNNEL_TRY(server::SocketPath::in(data_dir_));
  boost::asio::io_context context;
  stream_protocol::socket socket(context);
  RUNNEL_TRY_VOID(connect(socket, path));

  http::request<http::vector_body<std::uint8_t>> request;
  request.version(11);
  request.method_string({method.data(), method.size()});
  request.target({target.data(), target.size()});
  request.set(http::field::host, "localhost");
  request.set(http::field::connection, "close");
  if (!body.empty())
    request.set(http::field::content_type, {content_type.data(), content_type.size()});
  request.body().assign(body.begin(), body.end());
  request.prepare_payload();

  boost::system::error_code error;
  http::write(socket, request, error);
  if (error) return fail(Errc::Unavailable, "the server hung up: " + error.message());
  boost::beast::flat_buffer buffer;
  http::response_parser<http::vector_body<std::uint8_t>> parser;
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  http::read(socket, buffer, parser, error);
  if (error) return fail(Errc::Unavailable, "the server's answer broke off: " + error.message());
  return LocalReply{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

bool LocalClient::is_answered() const {
  const Result<server::SocketPath> path = server::SocketPath::in(data_dir_);
  if (!path) return false;
  boost::asio::io_context context;
  stream_protocol::socket socket(context);
  return connect(socket, *path).has_value();
}

std::string problem_text(const LocalReply& reply) {
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse(as_text(reply.body), error);
  if (!error && parsed.is_object()) {
    for (const char* const key : {"detail", "title"}) {
      const boost::json::value* const text = parsed.get_object().if_contains(key);
      if (text != nullptr && text->is_string()) return std::string(text->get_string());
    }
  }
  return "the server answered " + std::to_string(reply.status);
}

}  // namespace runnel::cli
