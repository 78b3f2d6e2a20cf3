// RoomDirectory: the rooms of one event loop (shard). It creates a room when the first one asks for
// it, hands over what arrives, and lets rooms go that nobody uses. Everything here is called on
// that loop; which loop a room belongs to is `shard_of`.
//
//   created -> loading -> live <-> idle -> evicting -> gone
//                 \________\_________\____ broken (1011) -> gone, loaded again on demand
//
// Invariant: at most one Room exists per RoomId, from `created` until it is gone.
#pragma once

#include "runnel/room/room_handler.h"
#include "runnel/storage/room_store.h"

#include "base/executor.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random_source.h"
#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace runnel::room {

// Which of `shards` loops a room lives on: a hash of its identity, the same in every process.
[[nodiscard]] std::size_t shard_of(const RoomId& room, std::size_t shards);

struct RoomOptions {
  Duration linger{std::chrono::seconds(30)};  // rooms.linger: how long an empty room stays
  bool gate_appends{true};                    // false with storage.durability = "fast"
  std::size_t connections_per_room{limits::kConnectionsPerRoom};
  std::size_t queue_messages{limits::kLoadingQueueMessages};  // of one room that loads
  std::size_t queue_bytes{limits::kLoadingQueueBytes};
  std::size_t rooms_loading{1000};  // at once; beyond, opening is refused
};

struct RoomDirectoryDeps {
  Executor& executor;
  const TimeSource& time;
  RandomSource& random;
  Log& log;
  storage::RoomStore& store;
};

enum class OpenOutcome : std::uint8_t {
  Ready,         // 101
  Deleted,       // 410; 4404 on y-websocket
  Full,          // 503: connections_per_room
  Busy,          // 503: too many rooms load at once, or the server drains
  Failed,        // 503: the room could not be loaded; a retry tries again
  UnknownParty,  // 404
};

enum class RoomPhase : std::uint8_t { Loading, Live, Idle, Evicting, Broken };

[[nodiscard]] std::string_view room_phase_name(RoomPhase phase) noexcept;

struct RoomStats {
  RoomId id;
  RoomPhase phase{RoomPhase::Loading};
  std::size_t connections{0};
  storage::Seq last_seq{0};
  storage::Seq durable_seq{0};
  std::vector<std::pair<std::string, std::int64_t>> fields;  // of the handler
};

// Empty members match everything.
struct KickFilter {
  std::string user_id;
  std::optional<ConnectionId> connection;
};

class Room;

class RoomDirectory {
 public:
  using Opened = std::move_only_function<void(OpenOutcome)>;

  RoomDirectory(RoomDirectoryDeps deps, RoomOptions options);
  ~RoomDirectory();
  RoomDirectory(const RoomDirectory&) = delete;
  RoomDirectory& operator=(const RoomDirectory&) = delete;
  RoomDirectory(RoomDirectory&&) = delete;
  RoomDirectory& operator=(RoomDirectory&&) = delete;

  // Before the first room. The same factory may serve several parties.
  void add_party(std::string party, HandlerFactory factory);
  [[nodiscard]] bool has_party(std::string_view party) const;

  // Opens the room, or finds it open, and says when a client may be let in. Whoever holds back a
  // 101 calls this first; when its patience ends before the answer, it may connect all the same:
  // what the client sends then waits in the room's queue.
  void open(const RoomId& room, Opened done);

  // The client is there. Its first message from the room (SyncStep1) is sent before this returns
  // when the room is live. Refusals that `open` would have given close the port.
  void connect(const RoomId& room, ConnectInfo info, std::unique_ptr<ConnectionPort> port);

  // One message of a client, whole; copied only if the room cannot take it yet. A connection that
  // is unknown or closing is no error.
  void deliver(ConnectionId connection, PayloadKind kind, ByteView payload);

  // The connection is over, however it ended. The room drops its port.
  void disconnected(ConnectionId connection);

  // An HTTP request to the room (on_request). Opens the room if needed.
  void request(const RoomId& room, RoomRequest request, Respond respond);

  // A re-check's outcome.
  void set_identity(ConnectionId connection, Identity identity);
  void revoke(ConnectionId connection, std::string_view reason);

  // Closes one connection. One that is unknown or closing is no error.
  void close(ConnectionId connection, std::uint16_t code, std::string_view reason);

  // Closes those connections; returns how many.
  std::size_t kick(const RoomId& room, const KickFilter& filter, std::uint16_t code,
                   std::string_view reason);

  // Closes the room's connections (4404) and leaves a tombstone until `revive`.
  void remove(const RoomId& room, Completion<void> done);
  void revive(const RoomId& room, Completion<void> done);

  // Fires due alarms of rooms for which `is_mine` holds, now and from then on, also of rooms that
  // are not in memory.
  void start_alarms(std::function<bool(const RoomId&)> is_mine);

  // Saves and evicts every room: no new ones open, connections are closed with 1001. `done` runs
  // when the last room is gone.
  void drain(Task done);

  // Takes that back: rooms open again, also while others are still on their way out, and alarms
  // fire. The `done` of a drain that is not over never runs.
  void undrain();

  void for_each_connection(
      const std::function<void(const RoomId&, const Connection&)>& visit) const;

  [[nodiscard]] std::optional<RoomStats> stats(const RoomId& room) const;
  [[nodiscard]] std::vector<RoomStats> all_stats() const;

  [[nodiscard]] std::size_t room_count() const noexcept { return rooms_.size(); }

  [[nodiscard]] std::size_t connection_count() const noexcept { return connections_.size(); }

 private:
  friend class Room;

  struct Slot {
    Room* room;
    Connection* connection;
  };

  [[nodiscard]] Room* find(const RoomId& id) const;
  Room* find_or_create(const RoomId& id, OpenOutcome& refusal);

  // Called by rooms.
  void room_over(Room& room);
  void alarm_changed(const RoomId& id, std::optional<std::int64_t> alarm_ms);

  void bury(Room* room);
  void finish_drain();
  void poll_alarms();
  void polled(const Result<std::vector<storage::DueAlarm>>& due);
  void note_alarm(const RoomId& id, std::optional<std::int64_t> alarm_ms);
  void schedule_alarms();
  void fire_alarms();
  Task weakly(void (RoomDirectory::*work)());

  RoomDirectoryDeps deps_;
  RoomOptions options_;
  std::map<std::string, HandlerFactory, std::less<>> parties_;
  std::unordered_map<RoomId, std::unique_ptr<Room>> rooms_;
  // Rooms that are over until the turn in which they ended has left them.
  std::vector<std::unique_ptr<Room>> graveyard_;
  std::unordered_map<ConnectionId, Slot> connections_;
  std::size_t loading_{0};
  Task drained_;
  bool draining_{false};

  std::function<bool(const RoomId&)> is_mine_;
  // Alarms due within the polling horizon, by room and by wall time in ms.
  std::map<RoomId, std::int64_t> alarms_;
  std::set<std::pair<std::int64_t, RoomId>> alarm_order_;
  TimerId alarm_timer_;
  TimerId poll_timer_;

  // Callbacks of the store hold it weakly: it dies with this.
  std::shared_ptr<RoomDirectory*> self_;
};

}  // namespace runnel::room
