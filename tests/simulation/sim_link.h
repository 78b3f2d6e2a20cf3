// One connection between a client and a server process: two ordered streams of messages with random
// delays, and everything that happens to connections. It is cut and each side notices at a time of
// its own, so the client may be back on a new one while the server still has the old; the client
// stalls and what it is sent adds up; either process dies.
#pragma once

#include "runnel/room/connection.h"

#include "base/bytes.h"
#include "base/payload.h"
#include "sim_scheduler.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace runnel::simulation {

class SimLink : public std::enable_shared_from_this<SimLink> {
 public:
  explicit SimLink(Scheduler& scheduler) : scheduler_(scheduler) {}

  // What the ends do with what arrives; each is dropped when its end is gone.
  std::function<void(PayloadKind, Bytes)> at_server;
  std::function<void()> server_lost;
  std::function<void(PayloadKind, SharedBytes)> at_client;
  std::function<void(std::uint16_t code)> client_lost;

  // Sees everything that the server has let go, when it does.
  std::function<void(const SharedBytes&)> on_sent;

  void send_to_server(PayloadKind kind, Bytes payload);
  void send_to_client(PayloadKind kind, SharedBytes payload);

  // The server's close handshake, after what it sent; the client's close.
  void close_by_server(std::uint16_t code);
  void close_by_client();

  // The network between them is gone.
  void cut();
  void server_died();
  void probe();

  // The client reads nothing for that long.
  void stall(std::int64_t for_ms);

  // From now on the client takes no more than that; 0: as much as comes.
  void limit(std::size_t bytes_per_second) { bytes_per_second_ = bytes_per_second; }

  // For the port: what the client has not taken.
  [[nodiscard]] std::size_t buffered_bytes() const { return buffered_bytes_; }

  [[nodiscard]] std::size_t largest_message() const { return largest_message_; }

 private:
  std::int64_t delay_ms();
  std::int64_t arrival_ms(std::size_t bytes);
  void lose_server_end(std::int64_t delay_ms);
  void lose_client_end(std::int64_t delay_ms, std::uint16_t code);

  Scheduler& scheduler_;
  bool cut_{false};
  std::int64_t server_free_ms_{0};  // when the last message to the server arrives
  std::int64_t client_free_ms_{0};
  std::int64_t stalled_until_ms_{0};
  std::size_t bytes_per_second_{0};
  std::size_t buffered_bytes_{0};
  std::size_t largest_message_{0};
};

// The room's end of a link.
class SimPort final : public room::ConnectionPort {
 public:
  // `observe` sees how much is buffered after each message.
  SimPort(std::shared_ptr<SimLink> link, std::function<void(const SimLink&)> observe)
      : link_(std::move(link)), observe_(std::move(observe)) {}

  void send(PayloadKind kind, SharedBytes payload) override {
    link_->send_to_client(kind, std::move(payload));
    observe_(*link_);
  }

  void close(std::uint16_t code, std::string_view /*reason*/) override {
    link_->close_by_server(code);
  }

  [[nodiscard]] std::size_t buffered_bytes() const override { return link_->buffered_bytes(); }

  void probe() override { link_->probe(); }

 private:
  std::shared_ptr<SimLink> link_;
  std::function<void(const SimLink&)> observe_;
};

}  // namespace runnel::simulation
