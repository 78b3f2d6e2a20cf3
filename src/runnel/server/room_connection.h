// RoomConnection: a WebSocket on one side, a room's connection on the other, both on one loop. It
// translates nothing: payloads pass as they are, the room's codec reads them.
#pragma once

#include "runnel/net/websocket.h"
#include "runnel/room/connection.h"
#include "runnel/room/room_directory.h"

#include "base/executor.h"
#include "base/ids.h"
#include "base/log.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace runnel::server {

class RoomConnection final : public net::WebSocketHandler {
 public:
  // `directory` is null for a connection that only says goodbye. `over` is called last: it destroys
  // this.
  RoomConnection(ConnectionId id, Executor& executor, room::RoomDirectory* directory, Log& log,
                 std::function<void(ConnectionId)> over);
  RoomConnection(const RoomConnection&) = delete;
  RoomConnection& operator=(const RoomConnection&) = delete;
  RoomConnection(RoomConnection&&) = delete;
  RoomConnection& operator=(RoomConnection&&) = delete;
  ~RoomConnection() override;

  [[nodiscard]] ConnectionId id() const noexcept { return id_; }

  void attach(std::unique_ptr<net::WebSocket> websocket);

  [[nodiscard]] net::WebSocket& websocket() { return *websocket_; }

  // The room's way back. The room may outlive the socket and the socket the room: whichever ends
  // first tells the other.
  [[nodiscard]] std::unique_ptr<room::ConnectionPort> make_port();

  void on_message(net::WebSocket& websocket, net::MessageKind kind, ByteView payload) override;
  void on_close(net::WebSocket& websocket, const net::CloseInfo& info) override;

 private:
  class Port;

  // Asks for a sign of life; none within `kProbeLimit` ends the connection.
  void probe();

  ConnectionId id_;
  Executor& executor_;
  room::RoomDirectory* directory_;
  Log& log_;
  std::function<void(ConnectionId)> over_;
  std::unique_ptr<net::WebSocket> websocket_;
  Port* port_{nullptr};  // owned by the room; null once it has let go
  TimerId probe_timer_;
};

}  // namespace runnel::server
