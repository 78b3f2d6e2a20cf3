// One simulated history from one seed, and what must hold in it:
//
// - all replicas converge once the network is calm, with each other and with what is stored;
// - after a crash of the process everything that the server had sent to anybody is stored (with
//   durability "strict" after a power cut too);
// - after a power cut everything that was acknowledged as durable is stored;
// - nobody sees a user who is gone, or misses one who is there;
// - what waits for a slow receiver is bounded;
// - a calm client is not left in silence so long that it gives its connection up.
#pragma once

#include "runnel/storage/testing/faulty_vfs.h"

#include "sim_client.h"
#include "sim_scheduler.h"
#include "sim_server.h"
#include "ycpp/doc/doc.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace runnel::simulation {

class SimRun {
 public:
  explicit SimRun(std::uint64_t seed);
  SimRun(const SimRun&) = delete;
  SimRun& operator=(const SimRun&) = delete;
  SimRun(SimRun&&) = delete;
  SimRun& operator=(SimRun&&) = delete;
  ~SimRun() = default;

  void run();

  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

  [[nodiscard]] std::uint64_t trace() const { return scheduler_.trace(); }

  // Counts of what happened, so that a test can tell that its seeds reach everything.
  struct Counts {
    int kills{0};
    int power_cuts{0};
    int stops{0};
    int durable_changes{0};
    int sent_updates{0};
    std::uint64_t disk_faults{0};
  };

  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  // What the server owes for a room.
  struct RoomDebt {
    std::unique_ptr<ycpp::Doc> sent;     // to anybody
    std::unique_ptr<ycpp::Doc> durable;  // acknowledged
    const Bytes* last_sent{nullptr};     // frames are shared; each counts once
    bool lost_power{false};              // since the room was read for the last time
  };

  void fail(std::string what);
  void choose_options();
  void make_clients();
  void client_step(std::size_t client);
  void server_step();
  void change_faults();
  void crash(bool power);
  void stop();
  void start();
  void cut_power();
  void check_stored();
  void check_room(const RoomId& room, const Result<storage::RoomRecord>& record);
  std::shared_ptr<SimLink> dial(std::size_t client);
  void sent(const RoomId& room, const SharedBytes& payload);
  void calm_down();
  void check_convergence();
  void check_awareness();
  void check_awareness_of(const SimClient& client);

  std::uint64_t seed_;
  Scheduler scheduler_;
  SeededRandom disk_random_;
  storage::FaultyVfs disk_;
  storage::DiskFaults faults_;
  bool faulty_disk_{false};
  bool calm_{false};
  SimServerOptions options_;
  std::vector<RoomId> rooms_;
  std::map<RoomId, RoomDebt> debts_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::unique_ptr<SimServer> server_;
  std::uint64_t process_{0};  // counts starts and ends
  bool accepting_{false};
  std::uint64_t next_client_id_{1};
  std::size_t largest_message_{0};
  Counts counts_;
  std::vector<std::string> failures_;
};

}  // namespace runnel::simulation
