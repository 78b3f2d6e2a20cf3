// One simulated outage of the application's backend from one seed: it works for a minute, is down
// for ten, and comes back. People go on typing meanwhile, over bad networks and slow lines, and the
// server may be killed, lose power or be restarted in the middle. What must hold:
//
// - a room whose content nobody knows is pending: nobody is told that it is the document, nothing
// of
//   it is sent to the backend, and it resolves by itself;
// - saves wait in the outbox over all of it; in the end the backend has what everybody typed;
// - calls are few and spread; clients hear of the outage once, of its end, and of the first save;
// - what waits for a slow receiver is bounded.
#pragma once

#include "runnel/storage/testing/faulty_vfs.h"

#include "sim_application.h"
#include "sim_client.h"
#include "sim_scheduler.h"
#include "sim_server.h"
#include "ycpp/doc/doc.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::simulation {

class SimOutage {
 public:
  explicit SimOutage(std::uint64_t seed);
  SimOutage(const SimOutage&) = delete;
  SimOutage& operator=(const SimOutage&) = delete;
  SimOutage(SimOutage&&) = delete;
  SimOutage& operator=(SimOutage&&) = delete;
  ~SimOutage() = default;

  void run();

  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

  [[nodiscard]] std::uint64_t trace() const { return scheduler_.trace(); }

  // So that a test can tell that its seeds reach everything.
  struct Counts {
    int restarts{0};  // in the outage
    int slow_clients{0};
    std::size_t calls_while_down{0};
    std::size_t largest_queue{0};
  };

  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  enum class RoomKind : std::uint8_t {
    Opened,   // in use before the outage: it has a log of its own
    Stored,   // the application has content, nobody has opened it here
    Unknown,  // neither, but nobody can know that in the outage
  };

  struct SimRoom {
    RoomId id;
    RoomKind kind;
  };

  // What one client has heard.
  struct Heard {
    int unavailable{0};
    int available{0};
    int persist_failed{0};
    int saved_after{0};  // sync_complete since the end of the outage
  };

  void fail(std::string what);
  void make_rooms();
  void make_clients();
  std::shared_ptr<SimLink> dial(std::size_t client);
  void observe(const RoomId& room, const SimLink& link);
  void heard(std::size_t client, std::string_view json);
  void step(std::size_t client);
  void start_server();
  void end_server();

  void begin_outage();
  void check_outage();
  void check_calls(const SimRoom& room);
  void end_outage();
  void check_end();
  void check_documents();

  [[nodiscard]] bool is_steady(std::size_t client) const { return client % kClientsPerRoom == 0; }

  [[nodiscard]] const SimRoom& room_of(std::size_t client) const {
    return rooms_[client / kClientsPerRoom];
  }

  static constexpr std::size_t kClientsPerRoom = 3;

  std::uint64_t seed_;
  Scheduler scheduler_;
  SeededRandom disk_random_;
  storage::FaultyVfs disk_;
  SimApplication application_;
  SimServerOptions options_;
  std::vector<SimRoom> rooms_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::vector<Heard> heard_;
  std::vector<std::size_t> line_rate_;  // bytes a second of each client; 0: fast
  std::unique_ptr<SimServer> server_;
  std::size_t largest_message_{0};
  bool typing_{true};
  bool over_{false};
  Counts counts_;
  std::vector<std::string> failures_;
};

}  // namespace runnel::simulation
