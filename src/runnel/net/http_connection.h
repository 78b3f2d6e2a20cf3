// One connection of an HttpServer until it becomes a WebSocket: the TLS handshake, then requests
// and their answers, one at a time. A request that arrives while another one is worked on
// (pipelining) waits, at first here and then in the kernel.
#pragma once

#include "runnel/net/output_queue.h"
#include "runnel/net/request_parser.h"
#include "runnel/net/server_impl.h"
#include "runnel/net/stream.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace runnel::net {

class HttpConnection final : public PollOwner,
                             public Flushable,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::string peer_address, ConnectionTicket ticket);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  HttpConnection(HttpConnection&&) = delete;
  HttpConnection& operator=(HttpConnection&&) = delete;
  ~HttpConnection() override;

  // Begins on the loop of `shard`.
  void start(const std::shared_ptr<ServerShard>& shard, DetachedStream stream);

  // What a Responder does.
  void respond(HttpResponse response);
  void begin_stream(const HttpResponse& head, Task on_disconnect);
  std::unique_ptr<WebSocket> upgrade(const UpgradeOptions& options, WebSocketHandler& handler);
  void move_to(EventLoop& target, std::move_only_function<void(Responder)> then);

  void set_on_disconnect(Task task) { on_disconnect_ = std::move(task); }

  // What an HttpStream does.
  void write_chunk(std::string_view bytes);
  void end_stream();

  [[nodiscard]] bool is_answering() const { return phase_ == Phase::Answering; }

  [[nodiscard]] bool is_connected() const { return stream_.is_open(); }

  [[nodiscard]] std::size_t buffered_bytes() const { return out_.bytes(); }

  [[nodiscard]] EventLoop& loop() const { return shard_->loop(); }

  // Finishes what is being answered and closes; at once when nothing is.
  void begin_shutdown();

  // Drops the TCP connection and leaves the shard.
  void close();

  void on_readable() override;
  void on_writable() override;
  void flush() override;

 private:
  enum class Phase : std::uint8_t {
    Handshake,  // TLS
    Reading,    // a request, or waiting for one
    Answering,  // the handler has the request
    Writing,    // the response is queued
    Streaming,  // a response without an end yet
    Over        // closed, handed over or moving between loops
  };

  bool waits_or_ends(IoStatus status, void (HttpConnection::*over)());
  void continue_handshake();
  void handshake_failed();
  void read_request();
  void take_bytes(ByteView bytes);
  void watch_peer();
  void dispatch();
  bool admit_proxied(const HttpRequest& request);
  void refuse(int status, std::string_view sentence);
  void queue_response(const HttpResponse& response, SharedBytes body);
  void response_written();
  void next_request();
  void peer_gone();
  void arm(Duration delay, void (HttpConnection::*timed_out)());
  void handshake_timed_out();
  void body_timed_out();
  void count_failed_handshake(Counter NetCounters::* reason);
  void leave_shard();

  std::shared_ptr<ServerShard> shard_;
  Stream stream_;
  ConnectionTicket ticket_;
  std::string peer_address_;
  std::unique_ptr<RequestParser> parser_;  // while a request is on its way
  OutputQueue out_;
  Bytes pipelined_;  // read, but belonging to a request after this one
  std::string websocket_key_;
  Task on_disconnect_;
  TimerId timer_;
  Phase phase_{Phase::Handshake};
  bool is_keep_alive_{true};
  bool is_http11_{true};
  bool is_head_request_{false};
  bool is_chunked_{false};
  bool is_write_blocked_{false};
  bool has_served_{false};           // a complete request came on this connection
  bool is_waiting_for_head_{false};  // the deadline of the first bytes of a request is set
};

}  // namespace runnel::net
