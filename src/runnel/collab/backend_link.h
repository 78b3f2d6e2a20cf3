// BackendLink: a room's side of the application's backend. When may the room be opened, what did
// the backend have, when is the full state handed to the outbox.
//
// Opening: a room with a log of its own opens at once and the backend's content merges in behind.
// One without waits for the backend, at most CollabOptions::open_wait; then it is *pending*: people
// edit, everything is logged and relayed, but nobody is told that this is the document (SyncStep2
// is withheld) until the load is resolved. A log that began while the room was pending is no log of
// its own: the store remembers that (key "runnel:unresolved").
//
// Invariant: unknown never becomes empty. Nothing is handed to the outbox before the backend has
// said what it has, unless the outbox is the only place that keeps it (persist "none").
#pragma once

#include "runnel/backend/retry_schedule.h"
#include "runnel/backend/room_snapshots.h"
#include "runnel/collab/collab_options.h"
#include "runnel/room/room_handler.h"

#include "base/bytes.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace runnel::collab {

// What the link needs of its room.
class BackendLinkOwner {
 public:
  BackendLinkOwner() = default;
  BackendLinkOwner(const BackendLinkOwner&) = delete;
  BackendLinkOwner& operator=(const BackendLinkOwner&) = delete;
  BackendLinkOwner(BackendLinkOwner&&) = delete;
  BackendLinkOwner& operator=(BackendLinkOwner&&) = delete;

  // What the backend has goes into the document, as one more update. False when it could not: then
  // it is still unknown.
  virtual bool merge_from_backend(ByteView update) = 0;

  // The pending state begins or ends.
  virtual void pending_changed(bool pending, std::string_view reason) = 0;

  // The full state to save now; nothing when the document is empty.
  virtual std::optional<backend::SnapshotToSave> snapshot_to_save() = 0;

  // What became of a save; for clients and acknowledgements.
  virtual void save_reported(const backend::SaveReport& report) = 0;

 protected:
  ~BackendLinkOwner() = default;
};

class BackendLink {
 public:
  // All outlive this.
  BackendLink(room::RoomContext& context, const CollabOptions& options, const CollabDeps& deps,
              BackendLinkOwner& owner);
  ~BackendLink();
  BackendLink(const BackendLink&) = delete;
  BackendLink& operator=(const BackendLink&) = delete;
  BackendLink(BackendLink&&) = delete;
  BackendLink& operator=(BackendLink&&) = delete;

  // Once, from on_start. `opened` runs when clients may be let in.
  void start(bool has_log, room::Done opened);

  [[nodiscard]] bool is_pending() const noexcept { return pending_; }

  // The backend has said what it has, or there is none.
  [[nodiscard]] bool is_resolved() const noexcept { return resolved_; }

  // The document has changed.
  void changed();

  // Somebody came; the last one left.
  void occupied();
  void deserted();

  // Hands over what the backend lacks; `done` when the outbox has it.
  void before_evict(room::Done done);

  // Position that the backend has.
  [[nodiscard]] storage::Seq saved_seq() const;

  // Wall time since when the backend lacks something; 0: it has everything.
  [[nodiscard]] std::int64_t unsaved_since_ms() const noexcept { return unsaved_since_ms_; }

 private:
  void load();
  void loaded(backend::LoadedSnapshot snapshot);
  void resolve();
  [[nodiscard]] bool may_be_ahead() const;
  void save_if_ahead(ByteView stored);
  void trust_log(bool has_log);
  void open();
  void open_pending();
  void save();
  void submit(room::Done done);
  void schedule_interval();
  void mark_unresolved();
  void reported(const backend::SaveReport& report);

  room::RoomContext& context_;
  const CollabOptions& options_;
  const CollabDeps& deps_;
  BackendLinkOwner& owner_;
  backend::RetrySchedule retries_;
  room::Done opened_;
  std::string reason_;  // why the backend's content is not known
  TimerId open_timer_;
  TimerId interval_timer_;
  TimerId leave_timer_;
  TimerId debounce_timer_;
  TimerId max_wait_timer_;
  std::int64_t unsaved_since_ms_{0};
  bool interval_runs_{false};
  bool max_wait_runs_{false};
  bool resolved_{false};
  bool pending_{false};
  bool trusted_log_{false};
  bool marked_{false};  // the store says "runnel:unresolved"
  bool dirty_{false};
  bool occupied_{false};

  // Callbacks of source and saver hold it weakly: it dies with this.
  std::shared_ptr<BackendLink*> self_;
};

}  // namespace runnel::collab
