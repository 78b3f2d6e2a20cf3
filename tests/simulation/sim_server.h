// A server process: two shards of Yjs rooms on the real store, every loop and every storage thread
// an executor of the scheduler. It dies at any instant; the disk outlives it.
#pragma once

#include "runnel/backend/outbox.h"
#include "runnel/collab/offenders.h"
#include "runnel/collab/yjs_rooms.h"
#include "runnel/room/room_directory.h"
#include "runnel/storage/sqlite_store.h"
#include "runnel/storage/testing/faulty_vfs.h"

#include "base/log.h"
#include "base/testing/manual_executor.h"
#include "sim_application.h"
#include "sim_link.h"
#include "sim_scheduler.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace runnel::simulation {

struct SimServerOptions {
  storage::DurabilityMode durability{storage::DurabilityMode::Gate};
  collab::CollabOptions collab;
  room::RoomOptions room;
  std::size_t journal_bytes_max{4096};
  int checkpoint_pages{32};
  SimApplication* application{nullptr};  // null: without a backend
};

class SimServer {
 public:
  static constexpr std::size_t kShards = 2;

  // Null when the store cannot be opened at the moment, because the disk fails.
  static std::unique_ptr<SimServer> start(const SimServerOptions& options, Scheduler& scheduler,
                                          storage::FaultyVfs& disk);

  SimServer(const SimServer&) = delete;
  SimServer& operator=(const SimServer&) = delete;
  SimServer(SimServer&&) = delete;
  SimServer& operator=(SimServer&&) = delete;
  ~SimServer();

  // A client dials: its messages go to the room's shard from now on.
  void accept(const RoomId& room, room::ConnectInfo info, const std::shared_ptr<SimLink>& link,
              std::function<void(const SimLink&)> observe);

  // Asks the rooms to save and go, then the store to close; `done` runs when all is over.
  void stop(Task done);

  // What is stored of the room, past the room itself.
  void load(const RoomId& room, storage::Completion<storage::RoomRecord> done);

  // Rooms of which the application lacks something, as far as the outboxes know.
  [[nodiscard]] std::size_t rooms_waiting() const;

  [[nodiscard]] const storage::StoreMetrics& storage_metrics() const { return store_->metrics(); }

 private:
  struct Shard {
    explicit Shard(ManualTime& time) : loop(time) {}

    ManualExecutor loop;
    std::unique_ptr<storage::RoomStore> store;
    std::unique_ptr<SimBackend> backend;
    std::unique_ptr<backend::Outbox> outbox;
    std::unique_ptr<room::RoomDirectory> rooms;
    collab::Offenders offenders;
  };

  SimServer(Scheduler& scheduler, storage::FaultyVfs& disk);
  bool open(const SimServerOptions& options);
  void open_outbox(Shard& shard, std::size_t index, SimApplication& application);

  Scheduler& scheduler_;
  storage::FaultyVfs& disk_;
  NullLog log_;
  ManualExecutor writer_;
  ManualExecutor reader_;
  ManualExecutor syncer_;
  std::array<Shard, kShards> shards_;
  collab::CollabMetrics metrics_;
  std::shared_ptr<storage::SqliteStore> store_;
  std::vector<std::weak_ptr<SimLink>> links_;
  std::uint64_t last_connection_{0};
  std::size_t drained_{0};
};

}  // namespace runnel::simulation
