// Room: one actor. It owns its handler and its connections, keeps what arrives in order while it
// cannot take it, and turns every failure inside into its own end, so that no other room notices.
// Internal to room/: the outside sees RoomDirectory and RoomHandler.
#pragma once

#include "runnel/room/alarm_retry.h"
#include "runnel/room/mailbox.h"
#include "runnel/room/output_gate.h"
#include "runnel/room/room_directory.h"
#include "runnel/room/stored_room.h"

#include <memory>
#include <string>
#include <vector>

namespace runnel::room {

class Room final : public RoomContext, private StoredRoomOwner {
 public:
  Room(RoomDirectory& directory, RoomId id, const HandlerFactory& factory);
  ~Room() override;
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  Room(Room&&) = delete;
  Room& operator=(Room&&) = delete;

  // Begins to load; once, right after construction.
  void load();

  // Broken, removed or evicted: it takes nothing any more and is about to be destroyed.
  [[nodiscard]] bool is_over() const noexcept { return over_; }

  [[nodiscard]] std::size_t connection_total() const noexcept { return connections_.size(); }

  void open(RoomDirectory::Opened done);
  Connection* connect(ConnectInfo info, std::unique_ptr<ConnectionPort> port);
  void deliver(Connection& connection, PayloadKind kind, ByteView payload);
  void disconnected(Connection& connection);
  void request(RoomRequest request, Respond respond);
  void alarm_due();
  void set_identity(Connection& connection, Identity identity);
  void revoke(Connection& connection, std::string_view reason);
  void durable(storage::Seq seq);
  void shut_down();
  void removed();
  [[nodiscard]] RoomStats stats() const;

  [[nodiscard]] std::vector<ConnectionId> connection_ids() const;
  void visit(const std::function<void(const Connection&)>& visitor) const;

  // RoomContext
  [[nodiscard]] const RoomId& id() const override { return id_; }

  [[nodiscard]] RoomStorage& storage() override { return storage_; }

  [[nodiscard]] Log& log() override;
  [[nodiscard]] const TimeSource& time() const override;
  [[nodiscard]] RandomSource& random() override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override;
  void at_turn_end(Task task) override;
  void for_each_connection(const std::function<void(Connection&)>& visit) override;
  [[nodiscard]] std::size_t connection_count() const override;
  [[nodiscard]] Connection* connection(ConnectionId id) override;
  [[nodiscard]] Connection* connection(std::string_view key) override;
  [[nodiscard]] std::vector<Connection*> connections_with_tag(std::string_view tag) override;
  void broadcast(PayloadKind kind, SharedBytes payload,
                 std::span<const ConnectionId> without) override;
  void fail(Error error) override;

 private:
  [[nodiscard]] std::weak_ptr<void> life() const override { return self_; }

  void in_turn(const std::function<void()>& work) override {
    run_turn([&work] { work(); });
  }

  // StoredRoomOwner
  void run_turn(Task work) override;
  void write_failed(const Error& error) override;
  void reads_finished() override;
  void alarm_moved(std::optional<std::int64_t> alarm_ms) override;

  void loaded(Result<storage::RoomRecord> record);
  void started(const Result<void>& outcome);
  void go_live();

  [[nodiscard]] bool takes_events() const noexcept;
  void accept(RoomEvent event);
  void drain_mailbox();
  void handle(RoomEvent event);
  [[nodiscard]] Respond gated(Respond respond);
  void handle_connect(ConnectionId id);
  void handle_message(Connection& connection, PayloadKind kind, ByteView payload);
  void handle_close(ConnectionId id);
  void handle_alarm();
  void alarm_done(const Result<void>& outcome);

  void consider_idling();
  void evict(EvictReason reason);
  void evicted_idle(const Result<void>& outcome);
  void evicted_shutdown(const Result<void>& outcome);
  void end(OpenOutcome outcome_of_waiters);
  void close_all(std::uint16_t code, std::string_view reason);
  void answer_waiters(OpenOutcome outcome);

  [[nodiscard]] Done once(void (Room::*then)(const Result<void>&));
  Task guarded(Task task);
  // Also one that is not in the lists yet or any more; null when it is gone.
  [[nodiscard]] Connection* member(ConnectionId id) const;

  [[nodiscard]] static bool is_listed(const Connection& connection) noexcept {
    return connection.announced_ && !connection.is_closing();
  }

  RoomDirectory& directory_;
  const RoomId id_;
  OutputGate gate_;
  StoredRoom storage_;
  std::unique_ptr<RoomHandler> handler_;
  Mailbox mailbox_;
  std::vector<std::unique_ptr<Connection>> connections_;  // in the order in which they came
  std::vector<RoomDirectory::Opened> waiters_;
  AlarmRetry alarm_retry_;
  TimerId alarm_timer_;
  TimerId linger_timer_;
  RoomPhase phase_{RoomPhase::Loading};
  bool alarm_busy_{false};  // runs, or waits for its retry
  bool alarm_running_{false};
  bool over_{false};

  // Callbacks hold it weakly: it dies with the room.
  std::shared_ptr<Room*> self_;
};

}  // namespace runnel::room
