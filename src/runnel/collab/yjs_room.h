// YjsRoom: one document, edited together. Takes typed messages off its connections, checks the
// right to write, brings changes into the document, and at the end of the turn logs them as one
// entry and sends them as one update. Made by yjs_rooms() (yjs_rooms.h); internal to collab/.
//
// Invariant: an update is appended to the log before it is given to the output gate, so nobody sees
// what a crash could take back.
#pragma once

#include "runnel/collab/awareness_hub.h"
#include "runnel/collab/backend_link.h"
#include "runnel/collab/collab_options.h"
#include "runnel/collab/fan_out.h"
#include "runnel/collab/participant.h"
#include "runnel/collab/rate_meter.h"
#include "runnel/collab/room_document.h"
#include "runnel/collab/turn_buffer.h"
#include "runnel/room/room_handler.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace runnel::collab {

class YjsRoom final : public room::RoomHandler, private BackendLinkOwner {
 public:
  // All outlive the room.
  YjsRoom(room::RoomContext& context, const CollabOptions& options, const CollabDeps& deps,
          CollabMetrics& metrics);
  ~YjsRoom() override;
  YjsRoom(const YjsRoom&) = delete;
  YjsRoom& operator=(const YjsRoom&) = delete;
  YjsRoom(YjsRoom&&) = delete;
  YjsRoom& operator=(YjsRoom&&) = delete;

  void on_start(room::Done started) override;
  void on_connect(room::Connection& connection) override;
  void on_message(room::Connection& connection, PayloadKind kind, ByteView payload) override;
  void on_close(room::Connection& connection) override;
  void on_request(const room::RoomRequest& request, room::Respond respond) override;
  void on_identity_changed(room::Connection& connection) override;
  void on_revoked(room::Connection& connection, std::string_view reason) override;
  void on_durable(storage::Seq seq) override;
  void before_evict(room::EvictReason reason, room::Done done) override;
  void describe(std::vector<room::StatField>& fields) const override;

 private:
  // BackendLinkOwner
  bool merge_from_backend(ByteView update) override;
  void pending_changed(bool pending, std::string_view reason) override;
  std::optional<backend::SnapshotToSave> snapshot_to_save() override;
  void save_reported(const backend::SaveReport& report) override;

  // Messages (yjs_room_messages.cpp)
  void handle(room::Connection& connection, const protocol::SyncStep1& message);
  void handle_update(room::Connection& connection, ByteView update, bool is_step2);
  void handle(room::Connection& connection, const protocol::AwarenessMessage& message);
  void handle(room::Connection& connection, const protocol::ControlMessage& message);
  void refuse_edit(room::Connection& connection, ByteView update, bool is_step2);
  void look_at_freeze();
  void tell_level(room::Connection& connection);
  [[nodiscard]] bool may_write(const room::Connection& connection) const;
  [[nodiscard]] AccessLevel level_of(const room::Connection& connection) const;
  void strike(room::Connection& connection, const Error& error);
  void ask_again(room::Connection& connection);
  void ask_for_missing(room::Connection& connection);
  void answer_step1(room::Connection& connection, ByteView state_vector);
  void receive_awareness(room::Connection& connection, ByteView entries);
  void take_late_awareness();
  void act_on(room::Connection* sender, const AwarenessEffects& effects);
  [[nodiscard]] bool may_speak(Participant& participant);

  // Turns (yjs_room_turn.cpp)
  Result<bool> apply(std::optional<ConnectionId> sender, std::string author, ByteView update);
  void schedule_flush();
  void flush();
  void flush_updates();
  void flush_acks();
  void flush_awareness();
  [[nodiscard]] Duration tick();
  void compact_if_large();
  void compact();
  void schedule_upkeep();
  void schedule_upkeep_at(std::int64_t due_ms);
  void expect_renewal();
  void upkeep();
  void schedule_slow_check();
  void schedule_acks();
  void send_acks();

  room::RoomContext& context_;
  const CollabOptions& options_;
  const CollabDeps& deps_;
  CollabMetrics& metrics_;
  RoomDocument document_;
  AwarenessHub awareness_;
  TurnBuffer turn_;
  FanOut out_;
  BackendLink backend_;

  // Of the present turn.
  std::vector<ConnectionId> to_ack_;  // one for each sync message that was taken in
  std::vector<ycpp::ClientId> awareness_dirty_;
  std::optional<ConnectionId> awareness_sender_;  // all of it is this one's own
  bool awareness_for_all_{false};
  bool flush_scheduled_{false};

  // How busy the room is: turns in the present window.
  std::int64_t window_start_ms_{0};
  std::size_t window_turns_{0};

  // Of the stored log since the snapshot.
  std::size_t log_bytes_{0};
  std::size_t log_entries_{0};
  std::size_t snapshot_bytes_{0};
  bool compacting_{false};

  std::int64_t changed_ms_{0};  // steady time of the last change
  TimerId upkeep_timer_;
  std::int64_t upkeep_due_ms_{0};
  bool upkeep_runs_{false};
  bool slow_check_runs_{false};
  bool late_awareness_runs_{false};
  bool acks_scheduled_{false};
  std::string_view persist_failing_;  // why saves fail, for clients; empty: they do not
  bool was_integrated_{false};
  bool frozen_{false};  // nobody but the operator may change the document
  RateMeter updates_;
  std::uint64_t malformed_{0};
};

}  // namespace runnel::collab
