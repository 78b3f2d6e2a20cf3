// Participant: what a Yjs room keeps of one connection. Lives in the connection (room::Connection::
// state) and dies with it.
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
  Participant(std::unique_ptr<protocol::Codec> connection_codec, int malformed_per_minute)
      : codec(std::move(connection_codec)), strikes(malformed_per_minute) {}

  std::unique_ptr<protocol::Codec> codec;
  Strikes strikes;
  AckTracker acks;
  bool gets_acks{true};            // there is a way to tell it
  std::int64_t binary_sent_ms{0};  // steady time of the last binary message to the client

  // The client asked (SyncStep1) while the room was pending; this is its state vector.
  std::optional<Bytes> waiting_state_vector;

  // The client asked while it had not read what it was sent before; answered once it has.
  std::optional<Bytes> late_state_vector;

  // It does not drain. What it has got so far is `lag_state_vector`; from there it is brought up to
  // date in one message once it has drained.
  bool is_lagging{false};
  Bytes lag_state_vector;
  std::int64_t lag_since_ms{0};

  // Awareness ids that changed while it did not drain.
  std::set<ycpp::ClientId> missed_awareness;

  // Token bucket of its awareness messages; beyond it the latest one waits here.
  double awareness_tokens{0};
  std::int64_t awareness_refilled_ms{0};
  std::optional<Bytes> late_awareness;

  std::int64_t resync_asked_ms{0};  // steady time; 0: never
  bool told_read_only{false};
  bool logged_strike{false};

  // Something waits for it to drain.
  [[nodiscard]] bool is_slow() const noexcept {
    return is_lagging || late_state_vector || !missed_awareness.empty();
  }

  static Participant& of(const room::Connection& connection) {
    return static_cast<Participant&>(*connection.state());
  }
};

}  // namespace runnel::collab
