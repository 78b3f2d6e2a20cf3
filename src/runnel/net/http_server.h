// The server's listeners and what becomes of their connections: HTTP/1.1 with keep-alive until a
// request is answered, streamed, or upgraded to a WebSocket, which may first move the connection to
// another loop.
//
// Listening sockets live on the first loop and hand accepted connections to the loops in turn.
#pragma once

#include "runnel/net/address_limits.h"
#include "runnel/net/body_rule.h"
#include "runnel/net/client_address.h"
#include "runnel/net/event_loop.h"
#include "runnel/net/http_types.h"
#include "runnel/net/websocket.h"

#include "base/limits.h"
#include "base/result.h"
#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::net {

class TlsContext;
class HttpConnection;
struct HttpServerImpl;

// A response whose body is produced over time (server-sent events). Chunked; lives on one loop.
// Destroying it ends the body. Calls after the peer has gone do nothing.
class HttpStream {
 public:
  HttpStream() = default;
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;
  HttpStream(HttpStream&&) = delete;
  HttpStream& operator=(HttpStream&&) = delete;
  virtual ~HttpStream() = default;

  virtual void write(std::string_view bytes) = 0;
  [[nodiscard]] virtual std::size_t buffered_bytes() const = 0;
  [[nodiscard]] virtual bool is_connected() const = 0;
};

struct UpgradeOptions {
  WebSocketOptions websocket;
  std::string subprotocol;  // named in the answer only if set; none is ever echoed by itself
  HttpHeaders headers;      // further fields of the 101
};

// The right to answer one request, on the loop that the connection is on. It may be kept while the
// answer is worked out. Destroyed without an answer it answers 500.
class Responder {
 public:
  // Made by net/ for the handler.
  explicit Responder(std::shared_ptr<HttpConnection> connection);

  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  Responder(Responder&& other) noexcept;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  // The loop on which this responder must be used.
  [[nodiscard]] EventLoop& loop() const;

  // False once the peer has hung up; answering is then allowed and does nothing.
  [[nodiscard]] bool is_connected() const;

  // Runs `task` on the loop if the peer hangs up before the answer.
  void on_disconnect(Task task);

  // Each of the following four uses the responder up.

  void send(HttpResponse response);

  // Begins a response without length; `on_disconnect` runs on the loop when the peer has gone.
  std::unique_ptr<HttpStream> stream(const HttpResponse& head, Task on_disconnect);

  // Answers 101. Only for a request with `wants_websocket`. The handler outlives the WebSocket. If
  // the peer has gone meanwhile, the handler learns it through on_close.
  std::unique_ptr<WebSocket> upgrade(const UpgradeOptions& options, WebSocketHandler& handler);

  // Takes the connection to `target` and goes on there with `then`; at once if it is this loop.
  void move_to(EventLoop& target, std::move_only_function<void(Responder)> then);

 private:
  // Shared with the loop's own list, so that a responder may outlive the TCP connection.
  std::shared_ptr<HttpConnection> connection_;
};

class HttpHandler {
 public:
  HttpHandler() = default;
  HttpHandler(const HttpHandler&) = delete;
  HttpHandler& operator=(const HttpHandler&) = delete;
  HttpHandler(HttpHandler&&) = delete;
  HttpHandler& operator=(HttpHandler&&) = delete;
  virtual ~HttpHandler() = default;

  // A complete request, on the loop that accepted the connection: any of the loops, so this must
  // not touch what belongs to one of them. HEAD is answered like GET: the body is left out on the
  // wire.
  virtual void on_request(HttpRequest request, Responder responder) = 0;

  // Asked once the head of a request with a body is read, before anything of the body is kept. Of
  // `head` the address of the TCP peer is known, not that of the client behind it.
  [[nodiscard]] virtual BodyRule body_rule(const HttpRequest& head) const;
};

struct HttpServerOptions {
  std::size_t head_bytes_max{limits::kRequestHeadBytes};
  Duration handshake_timeout{limits::kHandshakeTimeout};  // TLS and the first request's head
  Duration body_timeout{std::chrono::seconds{60}};        // from the head to the body's end
  Duration keep_alive_timeout{std::chrono::seconds{75}};  // between requests
  Duration write_stall_timeout{
      std::chrono::seconds{60}};         // a peer that takes nothing of a response
  std::size_t connections_max{100'000};  // of the whole server; more are closed at once
  AddressLimitOptions address_limits{};  // loopback, unix and trusted proxies are exempt
  std::vector<AddressBlock> trusted_proxies{};
};

struct ListenOptions {
  std::string host{"127.0.0.1"};  // numeric address
  std::uint16_t port{0};          // 0: any free one
  std::string unix_path{};        // if set, a unix socket there instead; mode 0600
  TlsContext* tls{nullptr};       // outlives the server
};

struct ShutdownOptions {
  std::uint16_t close_code{close_code::kServiceRestart};
  std::string reason{"server restarts"};
  Duration spread{std::chrono::seconds{1}};    // WebSockets are closed evenly over this time
  Duration deadline{std::chrono::seconds{8}};  // what is still open then is dropped
};

class HttpServer {
 public:
  // All three outlive the server. The loops may already run.
  HttpServer(LoopGroup& loops, HttpServerOptions options, HttpHandler& handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  HttpServer(HttpServer&&) = delete;
  HttpServer& operator=(HttpServer&&) = delete;

  // Drops every connection. The loops must be stopped by then, and the WebSockets, streams and
  // responders of this server destroyed.
  ~HttpServer();

  // Starts to accept; returns the port (0 on a unix socket). Any thread but the loops'.
  Result<std::uint16_t> listen(const ListenOptions& options);

  // Stops accepting, answers requests in progress with Connection: close, closes WebSockets, and
  // posts `done` to the first loop when all connections are gone or the deadline has passed. Any
  // thread, once.
  void shutdown(ShutdownOptions options, Task done);

  // Connections of all kinds now. Any thread.
  [[nodiscard]] std::size_t connection_count() const;

 private:
  std::shared_ptr<HttpServerImpl> impl_;
};

}  // namespace runnel::net
