// FanOut: everything that leaves a Yjs room. One frame per broadcast, shared by all who get it;
// what a receiver that does not drain gets instead; the empty awareness message that keeps clients
// of a quiet room from giving up.
//
// Invariant: a sync message is never dropped silently. A receiver either gets every update, or one
// difference that covers all it missed, or is closed with a code that brings it back.
#pragma once

#include "runnel/collab/awareness_hub.h"
#include "runnel/collab/collab_options.h"
#include "runnel/collab/participant.h"
#include "runnel/collab/room_document.h"
#include "runnel/room/room_handler.h"

#include <optional>
#include <string_view>
#include <vector>

namespace runnel::collab {

class FanOut {
 public:
  // All outlive this.
  FanOut(room::RoomContext& context, const CollabOptions& options, CollabMetrics& metrics,
         RoomDocument& document, AwarenessHub& awareness);

  // One message to one client, whatever waits for it.
  void send(room::Connection& to, SharedBytes message);

  // A control message, where the client's dialect has any.
  void control(room::Connection& to, std::string_view json);
  void control_all(std::string_view json);

  // An update message to all but `except`.
  void update(const SharedBytes& message, std::optional<ConnectionId> except);

  // The latest states of those ids to all but `except`.
  void awareness(const std::vector<ycpp::ClientId>& clients, std::optional<ConnectionId> except);

  // A SyncStep2 that would only add to what the client does not read; only the last one counts.
  void answer_late(room::Connection& to, Bytes state_vector);

  // Brings receivers up to date that have drained, and closes those that never do. Returns whether
  // any is left to look after.
  bool look_after_slow();

  [[nodiscard]] bool has_slow() const noexcept { return has_slow_; }

  // How many the last update went to.
  [[nodiscard]] std::size_t receivers() const noexcept { return receivers_; }

  // Sends the empty awareness message to whoever heard nothing for so long. Returns when the next
  // one may be due (steady time, ms).
  std::int64_t keep_alive();

 private:
  void start_lag(room::Connection& connection, Participant& participant);
  void catch_up(room::Connection& connection, Participant& participant);

  room::RoomContext& context_;
  const CollabOptions& options_;
  CollabMetrics& metrics_;
  RoomDocument& document_;
  AwarenessHub& awareness_;
  std::size_t receivers_{0};
  bool has_slow_{false};
};

}  // namespace runnel::collab
