// Connection: one client's channel in one room, as the room sees it. The room owns its connections;
// what leads to the client (a socket on this loop, a channel of a shared socket, another node) is a
// ConnectionPort that whoever accepted the client gives away.
//
// Everything here runs on the room's loop.
#pragma once

#include "base/bytes.h"
#include "base/identity.h"
#include "base/ids.h"
#include "base/payload.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::room {

// WebSocket close codes that rooms use. Clients come back after every one of them; only y-websocket
// stays away after 4400 to 4499.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;  // the server shuts down
inline constexpr std::uint16_t kPolicy = 1008;     // refused: AUTH_FORBIDDEN, too much garbage
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kInternalError = 1011;   // this room failed and reloads
inline constexpr std::uint16_t kServiceRestart = 1012;  // the server is being drained
inline constexpr std::uint16_t kTryAgainLater = 1013;   // over a bound, a retry may help
inline constexpr std::uint16_t kForbidden = 4403;       // y-websocket's way to say AUTH_FORBIDDEN
inline constexpr std::uint16_t kRoomDeleted = 4404;     // a tombstone
}  // namespace close_code

// The way back to one client. Implemented by server/ and by tests. The room calls it on its own
// loop and destroys it there, when the client is gone or the room gives the connection up.
class ConnectionPort {
 public:
  ConnectionPort() = default;
  ConnectionPort(const ConnectionPort&) = delete;
  ConnectionPort& operator=(const ConnectionPort&) = delete;
  ConnectionPort(ConnectionPort&&) = delete;
  ConnectionPort& operator=(ConnectionPort&&) = delete;
  virtual ~ConnectionPort() = default;

  // Queues one message. Never blocks and never calls back into the room; messages leave in order.
  virtual void send(PayloadKind kind, SharedBytes payload) = 0;

  // Starts the closing handshake after what was sent. Once it is over, or has timed out, the owner
  // of the socket calls RoomDirectory::disconnected.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  // Bytes that were sent here and not yet taken by the kernel.
  [[nodiscard]] virtual std::size_t buffered_bytes() const = 0;

  // Asks for a sign of life soon (a ping whose pong is due within seconds): somebody else claims to
  // be this client, so it may be gone without having said so.
  virtual void probe() {}
};

// What is known of a connection before the room sees it.
struct ConnectInfo {
  ConnectionId id;
  std::string key;  // `_pk`, or a UUID that the server made up; not unique
  std::string uri;  // request target, as it came
  std::vector<std::pair<std::string, std::string>> params;  // query, form-decoded, in order
  std::string address;                                      // of the peer, for logs
  Identity identity;
  std::uint8_t dialect{0};       // opaque here; the Yjs room reads it as protocol::Dialect
  bool control_messages{false};  // `runnel=1`
};

// Whatever a handler keeps per connection; dies with it.
class ConnectionState {
 public:
  ConnectionState() = default;
  ConnectionState(const ConnectionState&) = delete;
  ConnectionState& operator=(const ConnectionState&) = delete;
  ConnectionState(ConnectionState&&) = delete;
  ConnectionState& operator=(ConnectionState&&) = delete;
  virtual ~ConnectionState() = default;
};

// What went over one connection, for the admin API.
struct ConnectionTraffic {
  std::int64_t since_ms{0};  // wall time of its arrival in the room
  std::uint64_t messages_in{0};
  std::uint64_t messages_out{0};
};

class OutputGate;

class Connection {
 public:
  Connection(ConnectInfo info, std::unique_ptr<ConnectionPort> port, OutputGate& gate);

  [[nodiscard]] ConnectionId id() const noexcept { return info_.id; }

  // The connection id of PartyKit: `_pk`. Two connections may have the same.
  [[nodiscard]] const std::string& key() const noexcept { return info_.key; }

  [[nodiscard]] const ConnectInfo& info() const noexcept { return info_; }

  [[nodiscard]] const Identity& identity() const noexcept { return info_.identity; }

  // Given by RoomHandler::tags; the key is always one of them.
  [[nodiscard]] const std::vector<std::string>& tags() const noexcept { return tags_; }

  [[nodiscard]] bool has_tag(std::string_view tag) const noexcept;

  // Through the output gate: the message leaves once everything written before is committed.
  void send(PayloadKind kind, SharedBytes payload);
  void send_text(std::string_view text);

  // Through the output gate, after what was sent. Nothing reaches the handler from it any more but
  // on_close, when it is really gone. A second call does nothing. Reasons are cut at 123 bytes.
  void close(std::uint16_t code, std::string_view reason);

  // Closed by the room, or gone by itself: nothing reaches the client any more.
  [[nodiscard]] bool is_closing() const noexcept { return closing_ || gone_; }

  // Queued for this client, in bytes: what waits behind the gate is not counted.
  [[nodiscard]] std::size_t buffered_bytes() const { return port_->buffered_bytes(); }

  void probe() { port_->probe(); }

  [[nodiscard]] const ConnectionTraffic& traffic() const noexcept { return traffic_; }

  void set_state(std::unique_ptr<ConnectionState> state) { state_ = std::move(state); }

  // Null unless set. The handler knows what it put there.
  [[nodiscard]] ConnectionState* state() const noexcept { return state_.get(); }

 private:
  friend class Room;
  friend class OutputGate;

  ConnectInfo info_;
  std::unique_ptr<ConnectionPort> port_;
  OutputGate& gate_;
  std::vector<std::string> tags_;
  std::unique_ptr<ConnectionState> state_;
  ConnectionTraffic traffic_;
  bool announced_{false};  // on_connect ran: it is in the lists
  bool closing_{false};
  bool gone_{false};
};

}  // namespace runnel::room
