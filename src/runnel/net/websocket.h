// A WebSocket connection of the server side, after its upgrade. It lives on one loop; every call
// and callback happens there. The owner of the unique_ptr may destroy it at any time, from inside
// its callbacks too: the TCP connection is then dropped and no callback follows.
//
// What is sent within a turn leaves at the turn's end, several messages per system call. While
// nothing arrives and nothing waits to leave, a connection holds no buffer.
#pragma once

#include "runnel/net/websocket_codec.h"

#include "base/bytes.h"
#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace runnel::net {

class EventLoop;
class WebSocket;

struct CloseInfo {
  std::uint16_t code{close_code::kAbnormal};  // what the peer sent, or what we closed with
  std::string reason{};
  bool clean{false};         // a close frame went both ways
  bool by_peer{false};       // the peer began
  std::string_view cause{};  // static text for the log: "dead peer", "frame is not masked", ...
};

class WebSocketHandler {
 public:
  WebSocketHandler() = default;
  WebSocketHandler(const WebSocketHandler&) = delete;
  WebSocketHandler& operator=(const WebSocketHandler&) = delete;
  WebSocketHandler(WebSocketHandler&&) = delete;
  WebSocketHandler& operator=(WebSocketHandler&&) = delete;
  virtual ~WebSocketHandler() = default;

  // `payload` is valid until return; of Text it is valid UTF-8.
  virtual void on_message(WebSocket& websocket, MessageKind kind, ByteView payload) = 0;

  // What waits to be sent fell to half of `send_congested_bytes` after it had been above it.
  virtual void on_drained(WebSocket& /*websocket*/) {}

  // The connection is over: exactly once, and the last call. Destroy the WebSocket here or later.
  virtual void on_close(WebSocket& websocket, const CloseInfo& info) = 0;
};

struct WebSocketOptions {
  std::size_t message_bytes_max{limits::kMessageBytes};
  std::size_t send_congested_bytes{limits::kOutputQueueBytes};  // see SendState
  std::size_t send_bytes_max{std::size_t{256} * 1024 * 1024};  // above it the connection is dropped
  Duration ping_interval{std::chrono::seconds{30}};  // a peer that was silent as long gets a ping
  Duration pong_timeout{std::chrono::seconds{20}};   // and is dropped when nothing comes in it
  Duration close_timeout{std::chrono::seconds{5}};   // for the peer's half of the close handshake
};

// What `send` says about the queue behind it. The message is queued unless Closed.
enum class SendState : std::uint8_t {
  Open,       // fine
  Congested,  // more than send_congested_bytes wait: coalesce or resynchronise this receiver
  Closed      // closing or closed: nothing is sent any more
};

class WebSocket {
 public:
  WebSocket() = default;
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;
  WebSocket(WebSocket&&) = delete;
  WebSocket& operator=(WebSocket&&) = delete;
  virtual ~WebSocket() = default;

  // Queues one message whose payload is shared with other receivers; its header is made on the way.
  virtual SendState send(MessageKind kind, SharedBytes payload) = 0;

  // Queues a frame made by `encode_frame`.
  virtual SendState send_frame(SharedBytes frame) = 0;

  [[nodiscard]] virtual SendState send_state() const = 0;

  // Bytes queued that the kernel has not taken yet.
  [[nodiscard]] virtual std::size_t buffered_bytes() const = 0;

  // Drops what is queued and has not begun to leave; a message that is partly out stays. For a
  // receiver that is resynchronised instead. Returns the bytes dropped.
  virtual std::size_t discard_queued() = 0;

  // Starts the close handshake behind what is queued. Later calls change nothing. Codes that may
  // not be sent are a bug of the caller and become 1011.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  // Drops the TCP connection now; `on_close` follows at the end of the turn.
  virtual void terminate(std::string_view cause) = 0;

  // Stops and restarts reading, so that a peer that floods is slowed down by TCP.
  virtual void pause_reading(bool pause) = 0;

  // Steady time at which the last byte came in (ms).
  [[nodiscard]] virtual std::int64_t last_received_ms() const = 0;

  [[nodiscard]] virtual EventLoop& loop() const = 0;
};

}  // namespace runnel::net
