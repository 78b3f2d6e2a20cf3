// A WebSocket client on an event loop, for benchmarks and tests: numeric addresses, no TLS, no
// reconnecting. One loop; every call and callback happens there.
#pragma once

#include "runnel/net/http_types.h"
#include "runnel/net/websocket_codec.h"

#include "base/bytes.h"
#include "base/random_source.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace runnel::net {

class EventLoop;

class WebSocketClientHandler {
 public:
  WebSocketClientHandler() = default;
  WebSocketClientHandler(const WebSocketClientHandler&) = delete;
  WebSocketClientHandler& operator=(const WebSocketClientHandler&) = delete;
  WebSocketClientHandler(WebSocketClientHandler&&) = delete;
  WebSocketClientHandler& operator=(WebSocketClientHandler&&) = delete;
  virtual ~WebSocketClientHandler() = default;

  virtual void on_open() = 0;
  virtual void on_message(MessageKind kind, ByteView payload) = 0;

  // Once, and the last call. `code` is kAbnormal without a close frame; of a refused upgrade
  // `status` is the HTTP status and `reason` the body's first bytes.
  struct End {
    std::uint16_t code{close_code::kAbnormal};
    std::string reason{};
    int status{0};
  };

  virtual void on_end(const End& end) = 0;
};

struct WebSocketClientOptions {
  std::string host{"127.0.0.1"};
  std::uint16_t port{0};
  std::string target{"/"};
  HttpHeaders headers{};
  std::size_t message_bytes_max{limits::kMessageBytes};
};

class WebSocketClient {
 public:
  // Begins to connect. `random` draws the mask keys; both outlive the client. Destroying the client
  // drops the connection without a callback.
  static std::unique_ptr<WebSocketClient> connect(EventLoop& loop, RandomSource& random,
                                                  WebSocketClientOptions options,
                                                  WebSocketClientHandler& handler);

  WebSocketClient() = default;
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;
  WebSocketClient(WebSocketClient&&) = delete;
  WebSocketClient& operator=(WebSocketClient&&) = delete;
  virtual ~WebSocketClient() = default;

  // Before on_open: queued.
  virtual void send(MessageKind kind, ByteView payload) = 0;
  virtual void send_frame(Opcode opcode, ByteView payload, bool fin) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  // While reading is paused the kernel's buffers fill, as with a receiver that hangs.
  virtual void pause_reading(bool pause) = 0;
};

}  // namespace runnel::net
