// One connection of the generator.
#pragma once

#include "runnel/load/wire.h"
#include "runnel/net/event_loop.h"
#include "runnel/net/websocket_client.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace runnel::load {

// Where the server is and how it is spoken to.
struct Endpoint {
  std::string host{"127.0.0.1"};
  std::uint16_t port{0};
  std::string prefix{"/"};  // before the room's name in the path
  std::string query;        // behind it, such as "token=..."
  Dialect dialect{Dialect::YWebsocket};
};

[[nodiscard]] std::uint64_t now_ns();

class LoadClient;

// "; " and why the first of them that ended did so; empty when all are connected.
[[nodiscard]] std::string first_reason(const std::vector<std::unique_ptr<LoadClient>>& clients);

class LoadClient final : public net::WebSocketClientHandler {
 public:
  struct Events {
    std::function<void()> opened{[] {}};
    std::function<void(ByteView message)> message{[](ByteView) {}};
    std::function<void()> ended{[] {}};
  };

  LoadClient(net::EventLoop& loop, RandomSource& random, const Endpoint& endpoint,
             const std::string& room, unsigned index, Events events);

  // Sends the hello as soon as it is open; until then nothing else.
  void connect();

  void send_update(std::string_view text);
  void send_awareness(std::string_view json);

  [[nodiscard]] bool is_open() const { return is_open_; }

  // Empty while it is connected.
  [[nodiscard]] const std::string& why_ended() const { return why_ended_; }

  [[nodiscard]] unsigned index() const { return index_; }

  [[nodiscard]] const Wire& wire() const { return wire_; }

  void on_open() override;
  void on_message(net::MessageKind kind, ByteView payload) override;
  void on_end(const End& end) override;

 private:
  net::EventLoop& loop_;
  RandomSource& random_;
  Endpoint endpoint_;
  std::string room_;
  unsigned index_;
  Events events_;
  Wire wire_;
  std::uint64_t client_id_;
  TextWriter writer_;
  std::uint64_t awareness_clock_{0};
  bool is_open_{false};
  std::string why_ended_;
  std::unique_ptr<net::WebSocketClient> client_;
};

}  // namespace runnel::load
