#include "runnel/server/room_connection.h"

#include "runnel/net/websocket_codec.h"

#include <chrono>
#include <utility>

namespace runnel::server {

namespace {

constexpr Duration kProbeLimit = std::chrono::seconds(5);

net::MessageKind kind_of(PayloadKind kind) {
  return kind == PayloadKind::Text ? net::MessageKind::Text : net::MessageKind::Binary;
}

PayloadKind kind_of(net::MessageKind kind) {
  return kind == net::MessageKind::Text ? PayloadKind::Text : PayloadKind::Binary;
}

}  // namespace

class RoomConnection::Port final : public room::ConnectionPort {
 public:
  explicit Port(RoomConnection& connection) : connection_(&connection) {}

  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  Port(Port&&) = delete;
  Port& operator=(Port&&) = delete;

  ~Port() override {
    if (connection_ == nullptr) return;
    connection_->port_ = nullptr;
    // The room gave the connection up; where it has begun to close this changes nothing.
    connection_->websocket_->close(net::close_code::kInternalError, "");
  }

  void send(PayloadKind kind, SharedBytes payload) override {
    if (connection_ != nullptr) connection_->websocket_->send(kind_of(kind), std::move(payload));
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (connection_ != nullptr) connection_->websocket_->close(code, reason);
  }

  [[nodiscard]] std::size_t buffered_bytes() const override {
    return connection_ == nullptr ? 0 : connection_->websocket_->buffered_bytes();
  }

  void probe() override {
    if (connection_ != nullptr) connection_->probe();
  }

  void socket_gone() noexcept { connection_ = nullptr; }

 private:
  RoomConnection* connection_;
};

RoomConnection::RoomConnection(ConnectionId id, Executor& executor, room::RoomDirectory* directory,
                               Log& log, std::function<void(ConnectionId)> over)
    : id_(id), executor_(executor), directory_(directory), log_(log), over_(std::move(over)) {}

RoomConnection::~RoomConnection() {
  executor_.cancel(probe_timer_);
  if (port_ != nullptr) port_->socket_gone();
}

void RoomConnection::attach(std::unique_ptr<net::WebSocket> websocket) {
  websocket_ = std::move(websocket);
}

std::unique_ptr<room::ConnectionPort> RoomConnection::make_port() {
  auto port = std::make_unique<Port>(*this);
  port_ = port.get();
  return port;
}

void RoomConnection::on_message(net::WebSocket& /*websocket*/, net::MessageKind kind,
                                ByteView payload) {
  if (directory_ != nullptr) directory_->deliver(id_, kind_of(kind), payload);
}

void RoomConnection::on_close(net::WebSocket& /*websocket*/, const net::CloseInfo& info) {
  if (info.code == net::close_code::kProtocolError || info.code == net::close_code::kTooLarge ||
      info.code == net::close_code::kInvalidData) {
    log_.warning("closed a connection whose bytes are no WebSocket frames as RFC 6455 has them",
                 {{"connection", id_.value()},
                  {"code", static_cast<std::uint64_t>(info.code)},
                  {"cause", info.cause}});
  }
  if (port_ != nullptr) port_->socket_gone();
  port_ = nullptr;
  over_(id_);
}

void RoomConnection::probe() {
  const std::int64_t asked_with = websocket_->last_received_ms();
  const Bytes ping = net::encode_control(net::Opcode::Ping, {});
  websocket_->send_frame(share(ping));
  executor_.cancel(probe_timer_);
  probe_timer_ = executor_.after(kProbeLimit, [this, asked_with] {
    if (websocket_->last_received_ms() == asked_with) websocket_->terminate("dead peer");
  });
}

}  // namespace runnel::server
