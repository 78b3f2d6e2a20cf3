#include "runnel/net/http_connection.h"

#include "runnel/net/response_writer.h"
#include "runnel/net/websocket_connection.h"

#include "base/check.h"

#include <array>
#include <utility>

namespace runnel::net {

namespace {

// What is read ahead of a peer's next request while one is answered; more waits in the kernel.
constexpr std::size_t kPipelinedBytesMax = std::size_t{16} * 1024;

SharedBytes share_text(std::string_view text) { return share(to_bytes(text)); }

}  // namespace

HttpConnection::HttpConnection(std::string peer_address, ConnectionTicket ticket)
    : ticket_(std::move(ticket)), peer_address_(std::move(peer_address)) {}

HttpConnection::~HttpConnection() {
  // A connection whose loop is gone already has no timer: close() and move_to() cancel it.
  stream_.close();
}

void HttpConnection::start(const std::shared_ptr<ServerShard>& shard, DetachedStream stream) {
  shard_ = shard;
  const bool is_tls = stream.ssl != nullptr;
  stream_ = Stream(shard->loop_impl(), std::move(stream), *this);
  shard->add(shared_from_this());
  arm(shard->server().options.handshake_timeout, &HttpConnection::handshake_timed_out);
  is_waiting_for_head_ = true;
  phase_ = is_tls ? Phase::Handshake : Phase::Reading;
  stream_.wait_readable();
}

// --- reading ------------------------------------------------------------------------------------

void HttpConnection::on_readable() {
  const std::shared_ptr<HttpConnection> kept = shared_from_this();
  switch (phase_) {
    case Phase::Handshake:
      continue_handshake();
      return;
    case Phase::Reading:
      read_request();
      return;
    case Phase::Answering:
    case Phase::Writing:
    case Phase::Streaming:
      watch_peer();
      return;
    case Phase::Over:
      return;
  }
}

// Whether an operation of the stream is not done: what it wants is awaited, or `over` was called.
bool HttpConnection::waits_or_ends(IoStatus status, void (HttpConnection::*over)()) {
  switch (status) {
    case IoStatus::Done:
      return false;
    case IoStatus::WantRead:
      stream_.wait_readable();
      return true;
    case IoStatus::WantWrite:
      stream_.wait_writable();
      return true;
    case IoStatus::Ended:
    case IoStatus::Failed:
      (this->*over)();
      return true;
  }
  std::unreachable();
}

void HttpConnection::continue_handshake() {
  const IoResult result = stream_.handshake();
  if (waits_or_ends(result.status, &HttpConnection::handshake_failed)) return;
  phase_ = Phase::Reading;
  read_request();
}

void HttpConnection::handshake_failed() {
  count_failed_handshake(&NetCounters::handshake_tls);
  close();
}

void HttpConnection::read_request() {
  const std::span<std::uint8_t> buffer = shard_->loop_impl().read_buffer();
  const IoResult result = stream_.read_some(buffer);
  if (waits_or_ends(result.status, &HttpConnection::close)) return;
  loop().counters().bytes_in.add(result.bytes);
  take_bytes(buffer.first(result.bytes));
}

void HttpConnection::take_bytes(ByteView bytes) {
  const HttpServerOptions& options = shard_->server().options;
  if (parser_ == nullptr) {
    parser_ = std::make_unique<RequestParser>(options.head_bytes_max, [this](HttpRequest head) {
      head.peer_address = peer_address_;
      return shard_->server().handler.body_rule(head);
    });
  }
  // The deadline of a head counts from its first byte, and no further byte moves it.
  if (!std::exchange(is_waiting_for_head_, true)) {
    arm(options.handshake_timeout, &HttpConnection::handshake_timed_out);
  }
  const bool had_head = parser_->has_head();
  switch (parser_->feed(bytes)) {
    case RequestParser::Status::NeedMore:
      if (parser_->has_head() && !had_head) {
        arm(options.body_timeout, &HttpConnection::body_timed_out);
      }
      if (parser_->take_expects_continue()) {
        out_.push_raw(share_text("HTTP/1.1 100 Continue\r\n\r\n"));
        shard_->loop_impl().flush_list.add(*this);
      }
      stream_.wait_readable();
      return;
    case RequestParser::Status::Complete:
      pipelined_.assign(bytes.begin(), bytes.end());
      dispatch();
      return;
    case RequestParser::Status::Failed:
      count_failed_handshake(&NetCounters::handshake_malformed);
      refuse(parser_->failure_status(), parser_->failure());
      return;
  }
}

// While a request is answered the peer is read from only to notice that it hangs up.
void HttpConnection::watch_peer() {
  if (pipelined_.size() >= kPipelinedBytesMax) return;
  const std::span<std::uint8_t> buffer =
      shard_->loop_impl().read_buffer().first(kPipelinedBytesMax);
  const IoResult result = stream_.read_some(buffer);
  if (waits_or_ends(result.status, &HttpConnection::peer_gone)) return;
  pipelined_.insert(pipelined_.end(), buffer.data(), buffer.data() + result.bytes);
  stream_.wait_readable();
}

void HttpConnection::peer_gone() {
  Task told = std::exchange(on_disconnect_, {});
  close();
  if (told) told();
}

// --- handling -----------------------------------------------------------------------------------

void HttpConnection::dispatch() {
  HttpServerImpl& server = shard_->server();
  HttpRequest request = parser_->take_request();
  is_keep_alive_ = parser_->is_keep_alive() && !shard_->is_shutting_down();
  is_http11_ = parser_->is_http11();
  is_head_request_ = request.method == "HEAD";
  parser_.reset();
  has_served_ = true;
  loop().cancel(timer_);
  loop().counters().requests.add();
  request.peer_address = peer_address_;
  request.client_address = client_address(peer_address_, request.headers.joined("X-Forwarded-For"),
                                          server.options.trusted_proxies);
  request.is_tls = stream_.is_tls();
  phase_ = Phase::Answering;
  if (equals_ignoring_case(request.headers.find("Upgrade").value_or(""), "websocket")) {
    if (const auto problem = check_upgrade(request, is_http11_)) {
      refuse(problem->status, problem->sentence);
      return;
    }
    if (!admit_proxied(request)) {
      refuse(429, "too many connections from this address");
      return;
    }
    request.wants_websocket = true;
    websocket_key_ =
        request.headers.find("Sec-WebSocket-Key").value_or("");  // check_upgrade saw it
  }
  stream_.wait_readable();
  server.handler.on_request(std::move(request), Responder(shared_from_this()));
}

// Behind a proxy all clients share a TCP address, so that they are told apart here.
bool HttpConnection::admit_proxied(const HttpRequest& request) {
  HttpServerImpl& server = shard_->server();
  if (request.client_address == peer_address_ || server.is_exempt(request.client_address)) {
    return true;
  }
  const Admission admission =
      server.address_gate.admit_handshake(request.client_address, loop().time().steady_ms());
  if (admission == Admission::Admitted) return true;
  loop().counters().handshake_address_limit.add();
  return false;
}

// Answers for the handler and ends the connection: what follows a broken request is not a request.
void HttpConnection::refuse(int status, std::string_view sentence) {
  loop().counters().requests_rejected.add();
  is_keep_alive_ = false;
  HttpResponse response = text_response(status, std::string(sentence) + "\n");
  parser_.reset();  // Not before: the sentence may be the parser's own.
  if (status == 426) response.headers.add("Sec-WebSocket-Version", "13");
  if (status == 429) response.headers.add("Retry-After", "1");
  phase_ = Phase::Answering;
  respond(std::move(response));
}

void HttpConnection::respond(HttpResponse response) {
  if (phase_ != Phase::Answering) return;
  on_disconnect_ = {};
  SharedBytes body =
      response.shared_body != nullptr ? std::move(response.shared_body) : share_text(response.body);
  queue_response(response, std::move(body));
}

void HttpConnection::queue_response(const HttpResponse& response, SharedBytes body) {
  if (shard_->is_shutting_down()) is_keep_alive_ = false;
  const bool has_body = response.status != 204 && response.status != 304;
  out_.push_raw(share_text(
      response_head({.status = response.status,
                     .headers = &response.headers,
                     .content_length = has_body ? std::optional(body->size()) : std::nullopt,
                     .is_keep_alive = is_keep_alive_,
                     .is_http11 = is_http11_,
                     .wall_ms = loop().time().wall_ms()})));
  if (has_body && !is_head_request_) out_.push_raw(std::move(body));
  phase_ = Phase::Writing;
  arm(shard_->server().options.write_stall_timeout, &HttpConnection::close);
  shard_->loop_impl().flush_list.add(*this);
}

void HttpConnection::begin_stream(const HttpResponse& head, Task on_disconnect) {
  if (phase_ != Phase::Answering) {
    // The peer has gone; its HttpStream says so through is_connected().
    if (on_disconnect) loop().post(std::move(on_disconnect));
    return;
  }
  on_disconnect_ = std::move(on_disconnect);
  is_chunked_ = is_http11_;
  if (!is_http11_ || shard_->is_shutting_down()) is_keep_alive_ = false;
  out_.push_raw(share_text(response_head({.status = head.status,
                                          .headers = &head.headers,
                                          .content_length = std::nullopt,
                                          .is_chunked = is_chunked_,
                                          .is_keep_alive = is_keep_alive_,
                                          .is_http11 = is_http11_,
                                          .wall_ms = loop().time().wall_ms()})));
  phase_ = Phase::Streaming;
  shard_->loop_impl().flush_list.add(*this);
}

void HttpConnection::write_chunk(std::string_view bytes) {
  if (phase_ != Phase::Streaming || bytes.empty() || is_head_request_) return;
  if (!is_chunked_) {
    out_.push_raw(share_text(bytes));
  } else {
    std::array<char, 20> size{};
    const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
    std::string chunk(size.data(), static_cast<std::size_t>(digits));
    chunk.append(bytes).append("\r\n");
    out_.push_raw(share_text(chunk));
  }
  shard_->loop_impl().flush_list.add(*this);
}

void HttpConnection::end_stream() {
  if (phase_ != Phase::Streaming) return;
  on_disconnect_ = {};
  if (is_chunked_ && !is_head_request_) out_.push_raw(share_text("0\r\n\r\n"));
  phase_ = Phase::Writing;
  arm(shard_->server().options.write_stall_timeout, &HttpConnection::close);
  shard_->loop_impl().flush_list.add(*this);
}

std::unique_ptr<WebSocket> HttpConnection::upgrade(const UpgradeOptions& options,
                                                   WebSocketHandler& handler) {
  RUNNEL_CHECK(phase_ != Phase::Answering || !websocket_key_.empty());
  const std::shared_ptr<ServerShard> shard = shard_;
  WebSocketConnection::Begin begin{.stream = {},
                                   .ticket = std::move(ticket_),
                                   .answer = {},
                                   .early = std::move(pipelined_),
                                   .options = options.websocket};
  if (phase_ == Phase::Answering) {
    begin.stream = std::move(stream_);
    begin.answer = upgrade_head(websocket_key_, options.subprotocol, options.headers);
    loop().counters().upgrades.add();
  }
  on_disconnect_ = {};
  leave_shard();
  return std::make_unique<WebSocketConnection>(shard, std::move(begin), handler);
}

void HttpConnection::move_to(EventLoop& target, std::move_only_function<void(Responder)> then) {
  if (&target == &loop()) {
    then(Responder(shared_from_this()));
    return;
  }
  const std::shared_ptr<HttpConnection> self = shared_from_this();
  const bool was_connected = phase_ == Phase::Answering;
  on_disconnect_ = {};
  DetachedStream detached = was_connected ? stream_.detach() : DetachedStream{};
  const std::shared_ptr<HttpServerImpl> server = shard_->server().shared_from_this();
  leave_shard();
  shard_ = server->shards[target.index()];
  target.post([self, server, was_connected, stream = std::move(detached),
               go_on = std::move(then)]() mutable {
    if (was_connected) {
      self->stream_ = Stream(self->shard_->loop_impl(), std::move(stream), *self);
      self->shard_->add(self);
      self->phase_ = Phase::Answering;
      self->stream_.wait_readable();
      if (!self->out_.is_empty()) self->shard_->loop_impl().flush_list.add(*self);
    }
    go_on(Responder(self));
  });
}

// --- writing ------------------------------------------------------------------------------------

void HttpConnection::on_writable() {
  const std::shared_ptr<HttpConnection> kept = shared_from_this();
  is_write_blocked_ = false;
  if (phase_ == Phase::Handshake) {
    continue_handshake();
    return;
  }
  flush();
}

void HttpConnection::flush() {
  const std::shared_ptr<HttpConnection> kept = shared_from_this();
  if (!stream_.is_open() || is_write_blocked_) return;
  while (!out_.is_empty()) {
    const IoResult result = stream_.write_front(out_);
    switch (result.status) {
      case IoStatus::Done:
        loop().counters().writes.add();
        loop().counters().bytes_out.add(result.bytes);
        // Whoever takes something of the response, however slowly, is served on.
        if (phase_ == Phase::Writing) {
          arm(shard_->server().options.write_stall_timeout, &HttpConnection::close);
        }
        break;
      case IoStatus::WantWrite:
      case IoStatus::WantRead:
        is_write_blocked_ = true;
        stream_.wait_writable();
        return;
      case IoStatus::Ended:
      case IoStatus::Failed:
        peer_gone();
        return;
    }
  }
  if (phase_ == Phase::Writing) response_written();
}

void HttpConnection::response_written() {
  if (is_keep_alive_ && !shard_->is_shutting_down()) {
    next_request();
    return;
  }
  const std::shared_ptr<ServerShard> shard = shard_;
  Stream stream = std::move(stream_);
  ConnectionTicket ticket = std::move(ticket_);
  leave_shard();
  shard->linger(std::move(stream), {}, std::move(ticket));
}

void HttpConnection::next_request() {
  phase_ = Phase::Reading;
  websocket_key_.clear();
  is_waiting_for_head_ = false;
  arm(shard_->server().options.keep_alive_timeout, &HttpConnection::close);
  if (pipelined_.empty()) {
    stream_.wait_readable();
    return;
  }
  const Bytes next = std::exchange(pipelined_, {});
  take_bytes(next);
}

// --- ends ---------------------------------------------------------------------------------------

void HttpConnection::arm(Duration delay, void (HttpConnection::*timed_out)()) {
  loop().cancel(timer_);
  timer_ = loop().after(delay, [this, timed_out] {
    const std::shared_ptr<HttpConnection> kept = shared_from_this();
    (this->*timed_out)();
  });
}

void HttpConnection::handshake_timed_out() {
  count_failed_handshake(&NetCounters::handshake_timeout);
  // Whoever sent nothing that could be answered is not answered.
  if (phase_ == Phase::Reading && parser_ != nullptr) {
    refuse(408, "the request did not arrive in time");
  } else {
    close();
  }
}

void HttpConnection::body_timed_out() { refuse(408, "the body did not arrive in time"); }

void HttpConnection::count_failed_handshake(Counter NetCounters::* reason) {
  if (!has_served_) (loop().counters().*reason).add();
}

void HttpConnection::begin_shutdown() {
  is_keep_alive_ = false;
  if (phase_ == Phase::Streaming) {
    Task told = std::exchange(on_disconnect_, {});
    end_stream();
    if (told) told();
  } else if (phase_ == Phase::Handshake || phase_ == Phase::Reading) {
    close();
  }
}

void HttpConnection::close() {
  const std::shared_ptr<HttpConnection> kept = shared_from_this();
  leave_shard();
  stream_.close();
  out_ = {};
  ticket_ = {};
}

void HttpConnection::leave_shard() {
  phase_ = Phase::Over;
  cancel_flush();
  loop().cancel(timer_);
  timer_ = {};  // it would name some other timer on another loop
  shard_->remove(*this);
}

}  // namespace runnel::net
