// What the connections of one HttpServer share, and what each loop keeps of them. For the sources
// of net/ only.
#pragma once

#include "runnel/net/address_limits.h"
#include "runnel/net/http_server.h"
#include "runnel/net/loop_impl.h"
#include "runnel/net/output_queue.h"
#include "runnel/net/stream.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace runnel::net {

class Listener;
class LingeringClose;
class ServerShard;
class WebSocketConnection;

// AddressLimits for all loops of a server: taken when a connection begins and ends, never between.
class AddressGate {
 public:
  explicit AddressGate(AddressLimitOptions options) : limits_(options) {}

  Admission admit(std::string_view address, std::int64_t now_ms);
  Admission admit_handshake(std::string_view address, std::int64_t now_ms);
  void release(std::string_view address, std::int64_t now_ms);

 private:
  std::mutex mutex_;
  AddressLimits limits_;  // guarded by mutex_
};

// Shared by the server's handle, its connections and the tasks that take connections from loop to
// loop, because these may be destroyed with their loop, after the handle.
struct HttpServerImpl : std::enable_shared_from_this<HttpServerImpl> {
  HttpServerImpl(LoopGroup& server_loops, HttpServerOptions server_options,
                 HttpHandler& server_handler);
  HttpServerImpl(const HttpServerImpl&) = delete;
  HttpServerImpl& operator=(const HttpServerImpl&) = delete;
  HttpServerImpl(HttpServerImpl&&) = delete;
  HttpServerImpl& operator=(HttpServerImpl&&) = delete;
  ~HttpServerImpl();

  [[nodiscard]] bool is_exempt(std::string_view address) const;

  // On the first loop. Takes an accepted socket on and hands it to the next loop.
  void hand_out(OwnedFd fd, std::string peer_address, TlsContext* tls);

  void begin_shutdown(const ShutdownOptions& shutdown_options, Task done);
  void await_empty(std::int64_t deadline_ms, Task done);

  LoopGroup& loops;
  HttpServerOptions options;
  HttpHandler& handler;
  AddressGate address_gate;
  std::atomic<std::size_t> open_connections{0};
  std::vector<std::shared_ptr<ServerShard>> shards;  // one per loop
  std::vector<std::unique_ptr<Listener>> listeners;  // first loop only
  std::size_t next_loop{0};                          // first loop only
};

// An open connection, counted as long as this lives, whichever object holds it.
class ConnectionTicket {
 public:
  ConnectionTicket() = default;
  ConnectionTicket(std::shared_ptr<HttpServerImpl> server, EventLoop& accepted_on,
                   std::string limited_address);
  ConnectionTicket(const ConnectionTicket&) = delete;
  ConnectionTicket& operator=(const ConnectionTicket&) = delete;
  ConnectionTicket(ConnectionTicket&& other) noexcept = default;
  ConnectionTicket& operator=(ConnectionTicket&& other) noexcept;
  ~ConnectionTicket();

 private:
  void give_back();

  std::shared_ptr<HttpServerImpl> server_;
  EventLoop* accepted_on_{nullptr};
  std::string limited_address_;  // empty: exempt from the limits per address
};

// The connections of one server on one loop.
class ServerShard : public std::enable_shared_from_this<ServerShard> {
 public:
  ServerShard(HttpServerImpl& server, EventLoop& loop);

  ServerShard(const ServerShard&) = delete;
  ServerShard& operator=(const ServerShard&) = delete;
  ServerShard(ServerShard&&) = delete;
  ServerShard& operator=(ServerShard&&) = delete;
  ~ServerShard();

  [[nodiscard]] EventLoop& loop() const { return loop_; }

  [[nodiscard]] LoopImpl& loop_impl() const { return loop_.impl(); }

  [[nodiscard]] HttpServerImpl& server() const { return *server_; }

  [[nodiscard]] bool is_shutting_down() const { return is_shutting_down_; }

  void add(std::shared_ptr<HttpConnection> connection);
  void remove(HttpConnection& connection);

  // A WebSocket keeps its place in the list, so that leaving it is cheap.
  std::size_t add(WebSocketConnection& websocket);
  void remove(std::size_t place);

  // Writes what is left in `out`, says that no more will come, and waits a while for the peer to
  // close, so that it reads our last words before a reset could destroy them.
  void linger(Stream stream, OutputQueue out, ConnectionTicket ticket);
  void remove(LingeringClose& lingering);

  void begin_shutdown(const ShutdownOptions& options);
  void drop_all();

 private:
  // A copy: each may leave while it is told something.
  [[nodiscard]] std::vector<std::shared_ptr<HttpConnection>> connections() const;
  void close_some_websockets(std::uint16_t code, const std::string& reason, std::size_t batch);

  HttpServerImpl* server_;
  EventLoop& loop_;
  bool is_shutting_down_{false};
  std::unordered_map<HttpConnection*, std::shared_ptr<HttpConnection>> connections_;
  std::unordered_map<LingeringClose*, std::unique_ptr<LingeringClose>> lingering_;
  std::vector<WebSocketConnection*> websockets_;
};

}  // namespace runnel::net
