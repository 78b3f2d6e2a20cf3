#include "runnel/collab/backend_link.h"

#include "runnel/backend/document_bytes.h"

#include <utility>

namespace runnel::collab {

namespace {

constexpr std::string_view kUnresolvedKey = "runnel:unresolved";

}  // namespace

BackendLink::BackendLink(room::RoomContext& context, const CollabOptions& options,
                         const CollabDeps& deps, BackendLinkOwner& owner)
    : context_(context),
      options_(options),
      deps_(deps),
      owner_(owner),
      self_(std::make_shared<BackendLink*>(this)) {
  if (deps_.saver == nullptr) return;
  deps_.saver->listen(context_.id(),
                      [weak = std::weak_ptr(self_)](const backend::SaveReport& report) {
                        if (const auto self = weak.lock()) (*self)->reported(report);
                      });
}

BackendLink::~BackendLink() {
  if (deps_.saver != nullptr) deps_.saver->listen(context_.id(), nullptr);
}

// --- Opening

void BackendLink::start(bool has_log, room::Done opened) {
  opened_ = std::move(opened);
  if (deps_.source == nullptr) {
    resolved_ = true;
    open();
    return;
  }
  if (has_log) {
    context_.storage().get(std::string(kUnresolvedKey), [this](Result<std::optional<Bytes>> mark) {
      if (!mark) {
        if (opened_ != nullptr) std::exchange(opened_, nullptr)(std::unexpected(mark.error()));
        return;
      }
      marked_ = mark->has_value();
      trust_log(!marked_);
    });
  } else {
    trust_log(false);
  }
}

void BackendLink::trust_log(bool has_log) {
  trusted_log_ = has_log;
  if (trusted_log_) {
    open();
  } else {
    open_timer_ = context_.after(options_.open_wait, [this] { open_pending(); });
  }
  load();
}

void BackendLink::load() {
  deps_.source->load(context_.id(),
                     [weak = std::weak_ptr(self_)](backend::LoadedSnapshot snapshot) {
                       if (const auto self = weak.lock()) (*self)->loaded(std::move(snapshot));
                     });
}

void BackendLink::loaded(backend::LoadedSnapshot snapshot) {
  if (resolved_) return;
  const bool may_be_ahead = this->may_be_ahead();
  switch (snapshot.outcome) {
    case backend::LoadOutcome::Content:
      if (owner_.merge_from_backend(snapshot.update)) {
        resolve();
        if (may_be_ahead) save_if_ahead(snapshot.update);
        return;
      }
      snapshot.reason = "the backend's content cannot be merged into the document";
      break;
    case backend::LoadOutcome::Empty:
      resolve();
      if (may_be_ahead) save_if_ahead({});
      return;
    case backend::LoadOutcome::Unknown:
      break;
  }
  if (reason_.empty()) {
    context_.log().warning("the backend did not say what it has of a room; asking again",
                           {{"room", context_.id().external_name()}, {"reason", snapshot.reason}});
  }
  reason_ = snapshot.reason.empty() ? "the backend does not answer" : std::move(snapshot.reason);
  context_.after(retries_.next(context_.random()), [this] { load(); });
}

void BackendLink::resolve() {
  resolved_ = true;
  reason_.clear();
  context_.cancel(open_timer_);
  if (marked_) {
    context_.storage().erase(std::string(kUnresolvedKey));
    marked_ = false;
  }
  if (std::exchange(pending_, false)) {
    if (deps_.metrics != nullptr) deps_.metrics->pending_rooms.add(-1);
    owner_.pending_changed(false, {});
  }
  if (dirty_ && !occupied_) deserted();
  open();
}

// The log may hold what no change here has announced: a data directory that was restored, or that
// had no backend before.
bool BackendLink::may_be_ahead() const {
  return trusted_log_ && deps_.saver != nullptr && !dirty_ &&
         saved_seq() < context_.storage().last_seq();
}

void BackendLink::save_if_ahead(ByteView stored) {
  const auto ours = owner_.snapshot_to_save();
  if (!ours) return;
  const auto mine = backend::read_document(ours->update);
  const auto theirs = stored.empty() ? Result<backend::DocumentState>(backend::DocumentState())
                                     : backend::read_document(stored);
  if (mine && theirs && !theirs->coverage.covers(mine->coverage)) changed();
}

void BackendLink::open() {
  if (opened_ != nullptr) std::exchange(opened_, nullptr)({});
}

void BackendLink::open_pending() {
  if (resolved_ || opened_ == nullptr) return;
  pending_ = true;
  if (deps_.metrics != nullptr) deps_.metrics->pending_rooms.add(1);
  if (reason_.empty()) reason_ = "the backend does not answer";
  context_.log().warning("a room opens without knowing what the backend has",
                         {{"room", context_.id().external_name()}, {"reason", reason_}});
  owner_.pending_changed(true, reason_);
  open();
}

void BackendLink::mark_unresolved() {
  if (marked_ || trusted_log_ || resolved_) return;
  marked_ = true;
  context_.storage().put(std::string(kUnresolvedKey), Bytes{1});
}

// --- Saving

void BackendLink::changed() {
  mark_unresolved();
  if (deps_.saver == nullptr) return;
  if (!std::exchange(dirty_, true)) deps_.saver->note_change(context_.id());
  if (unsaved_since_ms_ == 0) unsaved_since_ms_ = context_.time().wall_ms();
  schedule_interval();
  if (options_.save_debounce.count() == 0) return;
  context_.cancel(debounce_timer_);
  debounce_timer_ = context_.after(options_.save_debounce, [this] { save(); });
  if (options_.save_max_wait.count() == 0 || std::exchange(max_wait_runs_, true)) return;
  max_wait_timer_ = context_.after(options_.save_max_wait, [this] { save(); });
}

void BackendLink::schedule_interval() {
  if (std::exchange(interval_runs_, true)) return;
  interval_timer_ = context_.after(options_.save_interval, [this] {
    interval_runs_ = false;
    if (!occupied_) return;
    save();
    if (dirty_) schedule_interval();
  });
}

void BackendLink::occupied() {
  occupied_ = true;
  context_.cancel(leave_timer_);
  if (dirty_) schedule_interval();
}

void BackendLink::deserted() {
  occupied_ = false;
  context_.cancel(leave_timer_);
  if (!dirty_ || deps_.saver == nullptr) return;
  leave_timer_ = context_.after(options_.save_disconnect_debounce, [this] { save(); });
}

void BackendLink::save() { submit(nullptr); }

void BackendLink::before_evict(room::Done done) { submit(std::move(done)); }

void BackendLink::submit(room::Done done) {
  context_.cancel(debounce_timer_);
  context_.cancel(max_wait_timer_);
  max_wait_runs_ = false;
  // What is logged but not yet comparable with the backend's waits there: note_change has told the
  // outbox, which saves it from the log once it knows more.
  const bool logged = options_.persist != PersistMode::None;
  const bool may_save = resolved_ || !logged;
  auto snapshot =
      dirty_ && deps_.saver != nullptr && may_save ? owner_.snapshot_to_save() : std::nullopt;
  if (!snapshot) {
    if (done != nullptr) done({});
    return;
  }
  snapshot->logged = logged;
  dirty_ = false;
  deps_.saver->save(
      context_.id(), std::move(*snapshot),
      [weak = std::weak_ptr(self_), done = std::move(done)](const Result<void>& accepted) mutable {
        const auto self = weak.lock();
        if (self != nullptr && !accepted) {
          (*self)->dirty_ = true;
          (*self)->schedule_interval();
        }
        if (done != nullptr) done(accepted);
      });
}

void BackendLink::reported(const backend::SaveReport& report) {
  if (report.outcome == backend::SaveOutcome::Conflict) {
    if (owner_.merge_from_backend(report.merge)) {
      changed();
      save();
    }
  }
  const bool has_all = report.outcome == backend::SaveOutcome::Saved ||
                       report.outcome == backend::SaveOutcome::Unchanged;
  if (has_all && !dirty_) unsaved_since_ms_ = 0;
  owner_.save_reported(report);
}

storage::Seq BackendLink::saved_seq() const {
  return deps_.saver == nullptr ? 0 : deps_.saver->saved_seq(context_.id());
}

}  // namespace runnel::collab
