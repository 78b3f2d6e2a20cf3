// A SnapshotBackend in memory for tests and the simulator, with a switch for each thing that a real
// one can do. It answers after a delay on its executor, or never.
#pragma once

#include "runnel/backend/snapshot_backend.h"

#include "base/executor.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace runnel::backend {

// What the application has stored; outlives backends, so that a server can "restart".
struct FakeBackendModel {
  struct Stored {
    Bytes body;
    std::uint64_t revision{0};
  };

  std::map<RoomId, Stored> rooms;
};

class FakeBackend final : public SnapshotBackend {
 public:
  enum class LoadFault : std::uint8_t { None, Unavailable, Hang, Truncated, Random };
  enum class SaveFault : std::uint8_t {
    None,
    Unavailable,
    Hang,
    StoredButUnavailable,  // carried out, and the answer is lost
    TooLarge,
    Denied,
  };

  struct Sent {
    RoomId room;
    std::uint64_t version{0};
    Bytes update;
    std::string if_match;
  };

  // Both outlive this.
  FakeBackend(FakeBackendModel& model, Executor& loop) : model_(model), loop_(loop) {}

  void load(const RoomId& room, LoadDone done) override;
  void save(const RoomId& room, SaveCall call, SaveDone done) override;

  [[nodiscard]] std::string missing_setting() const override { return missing; }

  LoadFault load_fault{LoadFault::None};
  SaveFault save_fault{SaveFault::None};
  bool with_etags{true};           // and with them 412 for who is behind
  bool refuses_uncovering{false};  // 409 as the embedded backend does
  Duration delay{1};
  std::string missing;

  int loads{0};
  std::vector<Sent> sent;  // every save that reached the backend, refused or not

 private:
  SaveReply store(const RoomId& room, const SaveCall& call);
  void answer(Task task);

  FakeBackendModel& model_;
  Executor& loop_;
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace runnel::backend
