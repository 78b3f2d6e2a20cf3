// Participant: what a Yjs room keeps of one connection. Lives in the connection (room::Connection::
// state) and dies with it. What most connections never need is made when it is.
#pragma once

#include "runnel/collab/ack_tracker.h"
#include "runnel/collab/strikes.h"
#include "runnel/protocol/codec.h"
#include "runnel/room/connection.h"

#include "ycpp/id.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace runnel::collab {

struct Participant final : room::ConnectionState {
  explicit Participant(std::unique_ptr<protocol::Codec> connection_codec)
      : codec(std::move(connection_codec)) {}

  // What waits for a client that does not drain.
  struct Slow {
    // What it has got so far; from there it is brought up to date in one message once it has
    // drained.
    std::optional<Bytes> lag_state_vector;
    std::int64_t lag_since_ms{0};

    // It asked (SyncStep1) while it had not read what it was sent before; answered once it has.
    std::optional<Bytes> late_state_vector;

    // Awareness ids that changed meanwhile.
    std::set<ycpp::ClientId> missed_awareness;
  };

  std::unique_ptr<protocol::Codec> codec;
  std::unique_ptr<Slow> slow;        // null for nearly everybody
  std::unique_ptr<AckTracker> acks;  // null: there is no way to tell it
  std::int64_t binary_sent_ms{0};    // steady time of the last binary message to the client

  // The client asked (SyncStep1) while the room was pending; this is its state vector.
  std::unique_ptr<Bytes> waiting_state_vector;

  // Token bucket of its awareness messages; beyond it the latest one waits here.
  double awareness_tokens{0};
  std::int64_t awareness_refilled_ms{0};
  std::unique_ptr<Bytes> late_awareness;

  std::int64_t resync_asked_ms{0};  // steady time; 0: never
  Strikes strikes;
  bool told_read_only{false};
  bool logged_strike{false};

  [[nodiscard]] bool is_lagging() const noexcept { return slow && slow->lag_state_vector; }

  Slow& make_slow() {
    if (!slow) slow = std::make_unique<Slow>();
    return *slow;
  }

  static Participant& of(const room::Connection& connection) {
    return static_cast<Participant&>(*connection.state());
  }
};

}  // namespace runnel::collab
