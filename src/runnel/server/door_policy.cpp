#include "runnel/server/door_policy.h"

#include <utility>

namespace runnel::server {

void DoorPolicy::admit(auth::AccessRequest request, AdmissionDone done) {
  const std::int64_t wait_ms = offenders_.retry_after_ms(request.connection_key, time_.steady_ms());
  if (wait_ms > 0) {
    done(auth::Deny{auth::DenyReason::TooManyRefusals, Duration(wait_ms)});
    return;
  }
  gate_->admit(std::move(request), std::move(done));
}

void DoorPolicy::connected(ConnectionId connection, const RoomId& room,
                           const auth::Admitted& admitted) {
  gate_->connected(connection, room, admitted);
}

void DoorPolicy::disconnected(ConnectionId connection) { gate_->disconnected(connection); }

void DoorPolicy::refresh(ConnectionId connection, auth::Secret token, RefreshDone done) {
  gate_->refresh(connection, std::move(token), std::move(done));
}

std::size_t DoorPolicy::recheck(const RoomId& room) { return gate_->recheck(room); }

Duration DoorPolicy::refusal_delay(std::string_view address) {
  return gate_->refusal_delay(address);
}

}  // namespace runnel::server
