// DoorPolicy: what the server itself has to say before the gate is asked. Who sent too much garbage
// stays out for a while (429). Everything else is the gate's.
#pragma once

#include "runnel/auth/access_service.h"
#include "runnel/collab/offenders.h"

#include "base/time_source.h"

#include <memory>

namespace runnel::server {

class DoorPolicy final : public auth::AccessGate {
 public:
  DoorPolicy(std::unique_ptr<auth::AccessService> gate, const collab::Offenders& offenders,
             const TimeSource& time)
      : gate_(std::move(gate)), offenders_(offenders), time_(time) {}

  void admit(auth::AccessRequest request, AdmissionDone done) override;
  void connected(ConnectionId connection, const RoomId& room,
                 const auth::Admitted& admitted) override;
  void disconnected(ConnectionId connection) override;
  void refresh(ConnectionId connection, auth::Secret token, RefreshDone done) override;
  std::size_t recheck(const RoomId& room) override;
  [[nodiscard]] Duration refusal_delay(std::string_view address) override;

 private:
  std::unique_ptr<auth::AccessService> gate_;
  const collab::Offenders& offenders_;
  const TimeSource& time_;
};

}  // namespace runnel::server
