// RoomDoor: from a request for a room on this shard to a connection in that room. Verification
// comes before the upgrade, the upgrade before the room hears of anybody:
//
//   enter -> gate.admit -> directory.open -> 101 -> directory.connect
//              | no          | no, or 2.5 s are over: 101 all the same, the room is pending
//              HTTP status, or what the dialect needs instead
//
// It owns the connections of its loop. Everything runs on that loop.
#pragma once

#include "runnel/auth/access_gate.h"
#include "runnel/net/http_server.h"
#include "runnel/protocol/room_path.h"
#include "runnel/server/room_connection.h"
#include "runnel/server/shard.h"

#include "base/log.h"
#include "base/random_source.h"
#include "base/time_source.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace runnel::server {

struct Arrival {
  net::HttpRequest request;
  protocol::RoomRequestTarget target;
};

struct RoomDoorOptions {
  net::WebSocketOptions websocket;
  // How long a 101 may be held, verification included: partysocket gives up after 4 s.
  Duration patience{2500};
  bool refuse_in_frame{false};  // auth.reject = "frame"
};

class RoomDoor {
 public:
  RoomDoor(Shard& shard, const TimeSource& time, RandomSource& random, Log& log,
           RoomDoorOptions options);
  RoomDoor(const RoomDoor&) = delete;
  RoomDoor& operator=(const RoomDoor&) = delete;
  RoomDoor(RoomDoor&&) = delete;
  RoomDoor& operator=(RoomDoor&&) = delete;
  ~RoomDoor();

  void enter(Arrival arrival, net::Responder responder);

  // Lets nobody in from here on (503, Retry-After) and sends those who are inside away, spread over
  // that time so that they do not all arrive elsewhere at once. `done` runs when the last one was
  // told to go.
  void drain(Duration over, Task done);

  // Takes that back: those who have not been told to go stay. The `done` of a drain that is not
  // over never runs.
  void undrain();

 private:
  struct Visitor;  // one arrival on its way in
  using VisitorPtr = std::shared_ptr<Visitor>;

  void admitted(const VisitorPtr& visitor, auth::Admission admission);
  void open(const VisitorPtr& visitor);
  void opened(const VisitorPtr& visitor, room::OpenOutcome outcome);
  void let_in(const VisitorPtr& visitor);
  void pass_request(const VisitorPtr& visitor);
  void refuse(const VisitorPtr& visitor, const auth::Deny& deny);
  void unavailable(const VisitorPtr& visitor, Duration retry_after, std::string_view text);
  void deleted(const VisitorPtr& visitor);

  // Over HTTP, so that pages of other origins may read it too.
  static void answer(const VisitorPtr& visitor, net::HttpResponse response);

  // Upgrades only to say goodbye; the room is never touched.
  void upgrade_and_close(const VisitorPtr& visitor, std::string_view json, std::uint16_t code,
                         std::string_view reason, Duration delay);

  RoomConnection& add_connection(const VisitorPtr& visitor);
  ConnectionId next_id();
  void connection_over(ConnectionId id);
  void send_away();

  Shard& shard_;
  const TimeSource& time_;
  RandomSource& random_;
  Log& log_;
  RoomDoorOptions options_;
  std::unordered_map<ConnectionId, std::unique_ptr<RoomConnection>> connections_;
  std::uint64_t last_id_{0};

  // Of a drain.
  bool draining_{false};
  std::vector<ConnectionId> leaving_;  // in the order in which they came
  std::size_t left_{0};                // of them
  std::int64_t drain_began_ms_{0};
  Duration drain_over_{0};
  TimerId drain_timer_;
  Task drained_;

  std::shared_ptr<RoomDoor*> self_;  // held weakly by callbacks: dies with this
};

}  // namespace runnel::server
