// The WebSocket of http_server.h's upgrades. See websocket.h for what it promises.
#pragma once

#include "runnel/net/output_queue.h"
#include "runnel/net/server_impl.h"
#include "runnel/net/stream.h"
#include "runnel/net/websocket.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace runnel::net {

class WebSocketConnection final : public WebSocket, public PollOwner, public Flushable {
 public:
  struct Begin {
    Stream stream;  // closed when the peer hung up before the upgrade
    ConnectionTicket ticket;
    std::string answer;  // the 101, written first
    Bytes early;         // what the peer sent behind its request
    WebSocketOptions options;
  };

  WebSocketConnection(std::shared_ptr<ServerShard> shard, Begin begin, WebSocketHandler& handler);
  WebSocketConnection(const WebSocketConnection&) = delete;
  WebSocketConnection& operator=(const WebSocketConnection&) = delete;
  WebSocketConnection(WebSocketConnection&&) = delete;
  WebSocketConnection& operator=(WebSocketConnection&&) = delete;
  ~WebSocketConnection() override;

  SendState send(MessageKind kind, SharedBytes payload) override;
  SendState send_frame(SharedBytes frame) override;
  [[nodiscard]] SendState send_state() const override;

  [[nodiscard]] std::size_t buffered_bytes() const override { return out_.bytes(); }

  std::size_t discard_queued() override;
  void close(std::uint16_t code, std::string_view reason) override;
  void terminate(std::string_view cause) override;
  void pause_reading(bool pause) override;

  [[nodiscard]] std::int64_t last_received_ms() const override { return last_received_ms_; }

  [[nodiscard]] EventLoop& loop() const override { return shard_->loop(); }

  void on_readable() override;
  void on_writable() override;
  void flush() override;

  // Where ServerShard keeps it; changes when another one leaves.
  void set_place(std::size_t place) { place_ = place; }

 private:
  enum class Phase : std::uint8_t {
    Open,
    Closing,  // our close frame is queued or out; the peer's is awaited
    Over      // on_close is due or done
  };

  // Each returns false when this object was destroyed or has nothing more to do.
  bool take_bytes(std::span<std::uint8_t> input);
  bool take_early();
  bool take_event(const WebSocketEvent& event);
  void answer_ping(ByteView payload);
  void peer_closed(const WebSocketEvent& event);
  void peer_broke_protocol(const WebSocketEvent& event);

  SendState queued();
  void request_flush();
  bool write_out();
  void report_drained();
  void hand_over_to_linger(const Bytes& last_frame);
  void finish(CloseInfo info);
  void arm_ping(Duration delay);
  void ping_due();

  std::shared_ptr<ServerShard> shard_;
  WebSocketHandler& handler_;
  WebSocketOptions options_;
  Stream stream_;
  ConnectionTicket ticket_;
  WebSocketDecoder decoder_;
  OutputQueue out_;
  std::unique_ptr<Bytes> early_;
  std::unique_ptr<CloseInfo> close_info_;
  bool* destroyed_{nullptr};  // set while input is handled; tells that frame of our destruction
  std::size_t place_{0};
  TimerId timer_;  // ping, pong or close deadline, whichever is due next
  std::int64_t last_received_ms_{0};
  std::int64_t pinged_ms_{0};  // 0: no ping is unanswered
  Phase phase_{Phase::Open};
  bool is_paused_{false};
  bool is_write_blocked_{false};
  bool is_congested_{false};
};

}  // namespace runnel::net
