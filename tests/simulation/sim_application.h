// The application's backend in a simulation: what it has stored outlives every server process, it
// can be down, and it keeps a record of each call, so that a run can judge how it was treated.
#pragma once

#include "runnel/backend/snapshot_backend.h"
#include "runnel/backend/testing/fake_backend.h"

#include "base/executor.h"
#include "base/ids.h"
#include "sim_scheduler.h"

#include <cstdint>
#include <string>
#include <vector>

namespace runnel::simulation {

struct SimApplication {
  enum class CallKind : std::uint8_t { Load, Save };

  struct Call {
    CallKind kind;
    RoomId room;
    std::int64_t time_ms;
    bool while_down;
  };

  backend::FakeBackendModel model;
  bool down{false};
  std::vector<Call> calls;
  std::vector<std::string> wrongs;  // what no server may do to it

  [[nodiscard]] std::vector<std::int64_t> times(CallKind kind, const RoomId& room) const;
};

// One shard's access to it. Down: every call ends without an answer after the timeout.
class SimBackend final : public backend::SnapshotBackend {
 public:
  // All outlive this.
  SimBackend(SimApplication& application, Executor& loop, Scheduler& scheduler);

  void load(const RoomId& room, LoadDone done) override;
  void save(const RoomId& room, backend::SaveCall call, SaveDone done) override;

 private:
  void note(SimApplication::CallKind kind, const RoomId& room);

  SimApplication& application_;
  Scheduler& scheduler_;
  backend::FakeBackend fake_;
};

}  // namespace runnel::simulation
