#include "runnel/net/http_server.h"

#include "runnel/net/http_connection.h"
#include "runnel/net/lingering_close.h"
#include "runnel/net/listener.h"
#include "runnel/net/server_impl.h"
#include "runnel/net/tls_impl.h"
#include "runnel/net/websocket_connection.h"

#include "base/check.h"

#include <algorithm>
#include <future>
#include <utility>

namespace runnel::net {

namespace {

constexpr Duration kShutdownPoll = std::chrono::milliseconds{5};

constexpr std::size_t kDefaultBodyBytes = std::size_t{1} << 20U;

class HttpStreamImpl final : public HttpStream {
 public:
  explicit HttpStreamImpl(std::shared_ptr<HttpConnection> connection)
      : connection_(std::move(connection)) {}

  HttpStreamImpl(const HttpStreamImpl&) = delete;
  HttpStreamImpl& operator=(const HttpStreamImpl&) = delete;
  HttpStreamImpl(HttpStreamImpl&&) = delete;
  HttpStreamImpl& operator=(HttpStreamImpl&&) = delete;

  ~HttpStreamImpl() override { connection_->end_stream(); }

  void write(std::string_view bytes) override { connection_->write_chunk(bytes); }

  [[nodiscard]] std::size_t buffered_bytes() const override {
    return connection_->buffered_bytes();
  }

  [[nodiscard]] bool is_connected() const override { return connection_->is_connected(); }

 private:
  std::shared_ptr<HttpConnection> connection_;
};

}  // namespace

BodyRule HttpHandler::body_rule(const HttpRequest& /*head*/) const {
  return {.bytes_max = kDefaultBodyBytes};
}

// --- what a handler sees ------------------------------------------------------------------------

Responder::Responder(std::shared_ptr<HttpConnection> connection)
    : connection_(std::move(connection)) {}

Responder::Responder(Responder&& other) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  connection_.swap(other.connection_);
  return *this;
}

Responder::~Responder() {
  if (connection_ != nullptr) {
    connection_->respond(text_response(500, "the request was not answered\n"));
  }
}

EventLoop& Responder::loop() const { return connection_->loop(); }

bool Responder::is_connected() const { return connection_->is_answering(); }

void Responder::on_disconnect(Task task) { connection_->set_on_disconnect(std::move(task)); }

void Responder::send(HttpResponse response) {
  RUNNEL_CHECK(connection_ != nullptr);
  std::exchange(connection_, nullptr)->respond(std::move(response));
}

std::unique_ptr<HttpStream> Responder::stream(const HttpResponse& head, Task on_disconnect) {
  RUNNEL_CHECK(connection_ != nullptr);
  std::shared_ptr<HttpConnection> connection = std::exchange(connection_, nullptr);
  connection->begin_stream(head, std::move(on_disconnect));
  return std::make_unique<HttpStreamImpl>(std::move(connection));
}

std::unique_ptr<WebSocket> Responder::upgrade(const UpgradeOptions& options,
                                              WebSocketHandler& handler) {
  RUNNEL_CHECK(connection_ != nullptr);
  return std::exchange(connection_, nullptr)->upgrade(options, handler);
}

void Responder::move_to(EventLoop& target, std::move_only_function<void(Responder)> then) {
  RUNNEL_CHECK(connection_ != nullptr);
  std::exchange(connection_, nullptr)->move_to(target, std::move(then));
}

// --- the server ---------------------------------------------------------------------------------

HttpServer::HttpServer(LoopGroup& loops, HttpServerOptions options, HttpHandler& handler)
    : impl_(std::make_shared<HttpServerImpl>(loops, std::move(options), handler)) {}

HttpServer::~HttpServer() {
  impl_->listeners.clear();
  for (const auto& shard : impl_->shards) shard->drop_all();
}

Result<std::uint16_t> HttpServer::listen(const ListenOptions& options) {
  BoundSocket bound = RUNNEL_TRY(bind_and_listen(options));
  impl_->loops.at(0).post([impl = impl_, fd = std::move(bound.fd), options]() mutable {
    impl->listeners.push_back(std::make_unique<Listener>(*impl, std::move(fd), options));
    impl->listeners.back()->start();
  });
  return bound.port;
}

void HttpServer::shutdown(ShutdownOptions options, Task done) {
  impl_->loops.at(0).post(
      [impl = impl_, options = std::move(options), done = std::move(done)]() mutable {
        impl->begin_shutdown(options, std::move(done));
      });
}

std::size_t HttpServer::connection_count() const { return impl_->open_connections.load(); }

HttpServerImpl::HttpServerImpl(LoopGroup& server_loops, HttpServerOptions server_options,
                               HttpHandler& server_handler)
    : loops(server_loops),
      options(std::move(server_options)),
      handler(server_handler),
      address_gate(options.address_limits) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    shards.push_back(std::make_shared<ServerShard>(*this, loops.at(i)));
  }
}

HttpServerImpl::~HttpServerImpl() = default;

bool HttpServerImpl::is_exempt(std::string_view address) const {
  if (address == "unix" || is_loopback(address)) return true;
  return std::ranges::any_of(options.trusted_proxies,
                             [&](const AddressBlock& block) { return block.contains(address); });
}

void HttpServerImpl::hand_out(OwnedFd fd, std::string peer_address, TlsContext* tls) {
  EventLoop& first = loops.at(0);
  first.counters().connections_accepted.add();
  const bool is_limited = !is_exempt(peer_address);
  if (open_connections.load() >= options.connections_max) {
    first.counters().handshake_address_limit.add();
    return;
  }
  if (is_limited &&
      address_gate.admit(peer_address, first.time().steady_ms()) != Admission::Admitted) {
    first.counters().handshake_address_limit.add();
    return;
  }
  ConnectionTicket ticket(shared_from_this(), first, is_limited ? peer_address : std::string());
  SslPtr ssl = tls != nullptr ? tls->impl().make_connection(fd.get()) : nullptr;
  if (tls != nullptr && ssl == nullptr) {
    first.counters().handshake_tls.add();
    return;
  }
  auto connection = std::make_shared<HttpConnection>(std::move(peer_address), std::move(ticket));
  const std::shared_ptr<ServerShard>& shard = shards[next_loop++ % shards.size()];
  DetachedStream stream{.fd = std::move(fd), .ssl = std::move(ssl)};
  if (&shard->loop() == &first) {
    connection->start(shard, std::move(stream));
    return;
  }
  shard->loop().post([shard, connection, moved = std::move(stream)]() mutable {
    connection->start(shard, std::move(moved));
  });
}

void HttpServerImpl::begin_shutdown(const ShutdownOptions& shutdown_options, Task done) {
  listeners.clear();
  for (const auto& shard : shards) {
    shard->loop().post([shard, shutdown_options] { shard->begin_shutdown(shutdown_options); });
  }
  await_empty(loops.at(0).time().steady_ms() + shutdown_options.deadline.count(), std::move(done));
}

void HttpServerImpl::await_empty(std::int64_t deadline_ms, Task done) {
  EventLoop& first = loops.at(0);
  if (open_connections.load() == 0 || first.time().steady_ms() >= deadline_ms) {
    for (const auto& shard : shards) {
      shard->loop().post([shard] { shard->drop_all(); });
    }
    first.post(std::move(done));
    return;
  }
  first.after(kShutdownPoll,
              [self = shared_from_this(), deadline_ms, then = std::move(done)]() mutable {
                self->await_empty(deadline_ms, std::move(then));
              });
}

Admission AddressGate::admit(std::string_view address, std::int64_t now_ms) {
  const std::scoped_lock lock(mutex_);
  return limits_.admit(address, now_ms);
}

Admission AddressGate::admit_handshake(std::string_view address, std::int64_t now_ms) {
  const std::scoped_lock lock(mutex_);
  return limits_.admit_handshake(address, now_ms);
}

void AddressGate::release(std::string_view address, std::int64_t now_ms) {
  const std::scoped_lock lock(mutex_);
  limits_.release(address, now_ms);
}

ConnectionTicket::ConnectionTicket(std::shared_ptr<HttpServerImpl> server, EventLoop& accepted_on,
                                   std::string limited_address)
    : server_(std::move(server)),
      accepted_on_(&accepted_on),
      limited_address_(std::move(limited_address)) {
  server_->open_connections.fetch_add(1);
  accepted_on_->counters().connections_open.add(1);
}

ConnectionTicket& ConnectionTicket::operator=(ConnectionTicket&& other) noexcept {
  if (this != &other) {
    give_back();
    server_ = std::move(other.server_);
    accepted_on_ = other.accepted_on_;
    limited_address_ = std::move(other.limited_address_);
  }
  return *this;
}

ConnectionTicket::~ConnectionTicket() { give_back(); }

void ConnectionTicket::give_back() {
  if (server_ == nullptr) return;
  server_->open_connections.fetch_sub(1);
  accepted_on_->counters().connections_open.add(-1);
  if (!limited_address_.empty()) {
    server_->address_gate.release(limited_address_, accepted_on_->time().steady_ms());
  }
  server_.reset();
}

}  // namespace runnel::net
