// Outbox: what stands between rooms and the backend. Rooms load through it and leave their saves in
// it; it delivers them, coalesced per room, in order, over outages and restarts. One per event
// loop, for the rooms of that loop.
//
// What is waiting is durable (records of kind "outbox", docs/formats/outbox.md): a room whose last
// state the backend lacks is saved after a restart even if nobody opens it, from its log.
//
// Invariants, whatever the backend does:
// - Nothing is sent before this process knows what the backend has (a load that ended as content
//   or empty); what it has is merged in first.
// - Nothing is sent that does not cover (state vector and delete set) what was last acknowledged.
// - Of one room at most one request is under way.
#pragma once

#include "runnel/backend/outbox_entry.h"
#include "runnel/backend/room_snapshots.h"
#include "runnel/backend/snapshot_backend.h"
#include "runnel/storage/room_store.h"

#include "base/executor.h"
#include "base/ids.h"
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
#include <utility>
#include <vector>

namespace runnel::backend {

enum class BackendState : std::uint8_t {
  None,          // there is no backend (backend.kind = "none"): nothing is loaded or saved
  Unknown,       // not loaded yet
  Saved,         // the backend has everything
  Waiting,       // a change or a save waits for its time or for the backend
  TooLarge,      // kept here only
  Denied,        // the backend refuses the secret or the room
  Unconfigured,  // url or secret missing: saves wait
};

[[nodiscard]] std::string_view backend_state_name(BackendState state) noexcept;

// Of one room, for stats, dashboard and metrics.
struct BackendStatus {
  BackendState state{BackendState::Unknown};
  std::uint64_t version{0};          // last acknowledged snapshotVersion; 0: none
  storage::Seq acknowledged_seq{0};  // position of the log that the backend has
  std::int64_t acknowledged_ms{0};   // wall time of that; 0: never
  std::int64_t waiting_since_ms{0};  // wall time of the oldest change the backend lacks; 0: none
  std::string last_error;            // empty when the last attempt went well
};

// Of this loop.
struct OutboxTotals {
  std::size_t rooms_waiting{0};
  std::size_t rooms_too_large{0};
  std::size_t rooms_denied{0};
  std::size_t saves_in_flight{0};
  std::int64_t oldest_waiting_ms{0};  // wall time; 0: none
  std::uint64_t saves_stored{0};      // since the start
  std::uint64_t saves_failed{0};      // attempts
  bool outage{false};                 // the last attempt of any room failed
};

struct OutboxOptions {
  std::size_t in_flight_max{8};  // requests to the backend at once
  Duration retry_first{1'000};
  Duration retry_last{60'000};
  // How long a change that was only noted waits before it is saved from the log. Longer than
  // save.interval, so that a room in memory comes first.
  Duration noted_save_after{45'000};
  Duration restart_save_after{5'000};  // what an earlier process left behind, at most
  // Snapshots held in memory; beyond, a logged room's is read from its log when its turn comes.
  std::size_t memory_bytes_max{std::size_t{64} * 1024 * 1024};
  std::size_t snapshot_bytes_max{std::size_t{20} * 1024 * 1024};  // of the contract
  std::size_t snapshot_bytes_warn{std::size_t{16} * 1024 * 1024};
};

struct OutboxDeps {
  Executor& executor;
  const TimeSource& time;
  RandomSource& random;
  Log& log;
  storage::RoomStore& store;
  SnapshotBackend* backend;  // null: backend.kind = "none"
};

class Outbox final : public SnapshotSource, public SnapshotSaver {
 public:
  Outbox(OutboxDeps deps, OutboxOptions options);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  Outbox(Outbox&&) = delete;
  Outbox& operator=(Outbox&&) = delete;
  ~Outbox() override;

  // Reads what an earlier process left behind and goes on with it. `is_mine` says which rooms live
  // on this loop. Loads and saves may come before `done`; they wait for it.
  void start(std::function<bool(const RoomId&)> is_mine, Task done);

  [[nodiscard]] bool has_backend() const { return deps_.backend != nullptr; }

  // SnapshotSource: one attempt; content is validated and turned into V1.
  void load(const RoomId& room, std::move_only_function<void(LoadedSnapshot)> done) override;

  // SnapshotSaver.
  void save(const RoomId& room, SnapshotToSave snapshot,
            storage::Completion<void> accepted) override;
  void listen(const RoomId& room, Listener listener) override;
  void note_change(const RoomId& room) override;
  void forget(const RoomId& room) override;
  [[nodiscard]] storage::Seq saved_seq(const RoomId& room) const override;

  [[nodiscard]] BackendStatus status(const RoomId& room) const;
  [[nodiscard]] OutboxTotals totals() const;

  // Tries everything that waits at once (SIGTERM); `done` runs when every room was tried or after
  // `deadline`. What is left stays in the records for the next start.
  void flush(Duration deadline, Task done);

 private:
  using EntryTask = std::move_only_function<void(OutboxEntry&)>;

  OutboxEntry& entry_for(const RoomId& room);
  [[nodiscard]] OutboxEntry* find(const RoomId& room) const;
  void drop_if_idle(const RoomId& room);
  void when_started(Task task);
  void restore(const std::vector<storage::Record>& records,
               const std::function<bool(const RoomId&)>& is_mine);
  void restore_one(const storage::Record& record,
                   const std::function<bool(const RoomId&)>& is_mine);
  // Reads the "backend" record once, then goes on.
  void with_last(OutboxEntry& entry, Task then);
  void start_load(const RoomId& room, std::move_only_function<void(LoadedSnapshot)> done);
  LoadedSnapshot take_load(OutboxEntry& entry, LoadReply reply);
  // What waits here and is in no log; null if there is none.
  [[nodiscard]] static const Bytes* unlogged_state(const OutboxEntry& entry);
  [[nodiscard]] Bytes joined(const OutboxEntry& entry, ByteView held, ByteView update);

  void mark_waiting(OutboxEntry& entry, std::int64_t since_ms);
  void write_waiting(OutboxEntry& entry);
  void set_pending(OutboxEntry& entry, std::optional<PendingState> pending);
  void limit_memory(const OutboxEntry& keep);
  void enqueue(OutboxEntry& entry, Duration delay);
  void unqueue(OutboxEntry& entry);
  void run_due();
  void arm_timer();
  void check_flush();
  void cancel_flush_timer();

  // The steps of one attempt (outbox_attempt.cpp), in this order. Each ends in the next one, in
  // settle() or in failed(), and these in finish().
  void attempt(OutboxEntry& entry);
  void learn_backend(OutboxEntry& entry);
  void read_content(OutboxEntry& entry);
  void on_log_read(OutboxEntry& entry, Result<storage::RoomRecord> record);
  void prepare(OutboxEntry& entry);
  void send(OutboxEntry& entry, const PendingState& taken, DocumentState state);
  void on_saved(OutboxEntry& entry, const OutboxSent& sent, const Coverage& coverage,
                const SaveReply& reply);
  void stored(OutboxEntry& entry, const OutboxSent& sent, const Coverage& coverage,
              const SaveReply& reply);
  void not_kept(OutboxEntry& entry, const OutboxSent& sent);
  void too_large(OutboxEntry& entry, std::uint64_t changes, std::size_t bytes, std::string reason);
  void failed(OutboxEntry& entry, std::string reason, Duration retry_after, Hold hold);
  void nothing_to_save(OutboxEntry& entry, const PendingState& taken);
  void settle(OutboxEntry& entry, std::uint64_t saved_changes);
  void finish(OutboxEntry& entry);
  void outage_over();
  static void report(OutboxEntry& entry, const SaveReport& report);
  void report_present_trouble(const RoomId& room);

  // A callback of the attempt under way: `then` runs unless this outbox or the entry is gone.
  template <class Value>
  std::move_only_function<void(Value)> step(
      const OutboxEntry& entry, std::move_only_function<void(OutboxEntry&, Value)> then) {
    return [self = self_, room = entry.room, serial = entry.serial,
            then = std::move(then)](Value value) mutable {
      if (*self == nullptr) return;
      OutboxEntry* present = (*self)->find(room);
      if (present != nullptr && present->serial == serial) {
        then(*present, std::move(value));
      } else {
        (*self)->attempt_lost();
      }
    };
  }

  void attempt_lost();

  OutboxDeps deps_;
  OutboxOptions options_;
  std::map<RoomId, std::unique_ptr<OutboxEntry>> entries_;
  std::set<std::pair<std::int64_t, RoomId>> queue_;  // (due in steady ms, room)
  std::size_t in_flight_{0};
  std::size_t memory_bytes_{0};  // of pending snapshots
  std::uint64_t next_serial_{1};
  bool started_{false};
  std::vector<Task> waiting_for_start_;
  bool outage_{false};
  std::uint64_t saves_stored_{0};
  std::uint64_t saves_failed_{0};
  std::optional<TimerId> timer_;
  std::int64_t timer_due_ms_{0};
  Task flushed_;  // set while flushing
  std::optional<TimerId> flush_timer_;
  std::shared_ptr<Outbox*> self_;
};

}  // namespace runnel::backend
