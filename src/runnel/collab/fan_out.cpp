#include "runnel/collab/fan_out.h"

#include <algorithm>
#include <utility>

namespace runnel::collab {

using room::Connection;

FanOut::FanOut(room::RoomContext& context, const CollabOptions& options, CollabMetrics& metrics,
               RoomDocument& document, AwarenessHub& awareness)
    : context_(context),
      options_(options),
      metrics_(metrics),
      document_(document),
      awareness_(awareness) {}

void FanOut::send(Connection& to, SharedBytes message) {
  Participant::of(to).binary_sent_ms = context_.time().steady_ms();
  to.send(PayloadKind::Binary, std::move(message));
}

void FanOut::control(Connection& to, std::string_view json) {
  protocol::Outgoing message = Participant::of(to).codec->encode_control(json);
  if (message.bytes == nullptr) return;
  if (message.kind == PayloadKind::Binary) {
    send(to, std::move(message.bytes));
  } else {
    to.send(message.kind, std::move(message.bytes));
  }
}

void FanOut::control_all(std::string_view json) {
  context_.for_each_connection([&](Connection& connection) { control(connection, json); });
}

void FanOut::update(const SharedBytes& message, std::optional<ConnectionId> except) {
  receivers_ = 0;
  context_.for_each_connection([&](Connection& connection) {
    if (connection.id() == except) return;
    Participant& participant = Participant::of(connection);
    if (participant.is_lagging()) return;
    send(connection, message);
    ++receivers_;
    if (connection.buffered_bytes() > options_.output_bytes) start_lag(connection, participant);
  });
  metrics_.updates_out.add(receivers_);
}

void FanOut::start_lag(Connection& connection, Participant& participant) {
  // The message that went over the bound is still sent, so what is queued ends at the present.
  Participant::Slow& slow = participant.make_slow();
  slow.lag_state_vector = document_.state_vector();
  slow.lag_since_ms = context_.time().steady_ms();
  has_slow_ = true;
  context_.log().info(
      "a receiver does not drain; it gets one difference when it has",
      {{"room", context_.id().external_name()}, {"connection", connection.id().value()}});
}

void FanOut::awareness(const std::vector<ycpp::ClientId>& clients,
                       std::optional<ConnectionId> except) {
  if (clients.empty()) return;
  const SharedBytes message = protocol::encode_awareness(awareness_.encode(clients));
  context_.for_each_connection([&](Connection& connection) {
    if (connection.id() == except) return;
    Participant& participant = Participant::of(connection);
    const bool waits = participant.slow &&
                       (participant.is_lagging() || !participant.slow->missed_awareness.empty());
    if (waits || connection.buffered_bytes() > options_.awareness_output_bytes) {
      participant.make_slow().missed_awareness.insert(clients.begin(), clients.end());
      has_slow_ = true;
      return;
    }
    send(connection, message);
    metrics_.awareness_out.add();
  });
}

void FanOut::answer_late(Connection& to, Bytes state_vector) {
  Participant::of(to).make_slow().late_state_vector = std::move(state_vector);
  has_slow_ = true;
}

bool FanOut::look_after_slow() {
  const std::int64_t now_ms = context_.time().steady_ms();
  bool any = false;
  context_.for_each_connection([&](Connection& connection) {
    Participant& participant = Participant::of(connection);
    if (!participant.slow) return;
    if (connection.buffered_bytes() <= options_.awareness_output_bytes / 2) {
      catch_up(connection, participant);
      return;
    }
    const bool hopeless = participant.is_lagging() &&
                          now_ms - participant.slow->lag_since_ms >= options_.slow_timeout.count();
    if (hopeless) {
      metrics_.slow_closed.add();
      connection.close(room::close_code::kTryAgainLater, "SLOW_RECEIVER");
      return;
    }
    any = true;
  });
  has_slow_ = any;
  return any;
}

void FanOut::catch_up(Connection& connection, Participant& participant) {
  const Participant::Slow slow = std::move(*std::exchange(participant.slow, nullptr));
  if (slow.lag_state_vector) {
    const auto difference = document_.answer(*slow.lag_state_vector);
    if (!difference) {
      // Ours was no state vector: cannot be. Reconnecting brings it everything.
      connection.close(room::close_code::kTryAgainLater, "RESYNC");
      return;
    }
    metrics_.resyncs.add();
    send(connection, protocol::encode_sync_update(**difference));
  }
  if (slow.late_state_vector) {
    if (const auto answer = document_.answer(*slow.late_state_vector)) {
      send(connection, protocol::encode_sync_step2(**answer));
    }
  }
  if (slow.missed_awareness.empty()) return;
  const std::vector<ycpp::ClientId> clients(slow.missed_awareness.begin(),
                                            slow.missed_awareness.end());
  send(connection, protocol::encode_awareness(awareness_.encode(clients)));
}

std::int64_t FanOut::keep_alive() {
  const std::int64_t now_ms = context_.time().steady_ms();
  std::int64_t next_ms = now_ms + options_.keepalive.count();
  SharedBytes message;  // made once somebody needs it
  context_.for_each_connection([&](Connection& connection) {
    const Participant& participant = Participant::of(connection);
    if (now_ms - participant.binary_sent_ms >= options_.keepalive.count()) {
      if (message == nullptr) message = protocol::encode_empty_awareness();
      send(connection, message);
    }
    next_ms = std::min(next_ms, participant.binary_sent_ms + options_.keepalive.count());
  });
  return next_ms;
}

}  // namespace runnel::collab
