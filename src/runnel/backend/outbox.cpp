#include "runnel/backend/outbox.h"

#include <algorithm>

namespace runnel::backend {

std::string_view backend_state_name(BackendState state) noexcept {
  switch (state) {
    case BackendState::None:
      return "none";
    case BackendState::Unknown:
      return "unknown";
    case BackendState::Saved:
      return "saved";
    case BackendState::Waiting:
      return "waiting";
    case BackendState::TooLarge:
      return "too_large";
    case BackendState::Denied:
      return "denied";
    case BackendState::Unconfigured:
      return "unconfigured";
  }
  return "unknown";
}

Outbox::Outbox(OutboxDeps deps, OutboxOptions options)
    : deps_(deps), options_(options), self_(std::make_shared<Outbox*>(this)) {}

Outbox::~Outbox() {
  *self_ = nullptr;
  if (timer_) deps_.executor.cancel(*timer_);
  cancel_flush_timer();
}

void Outbox::start(std::function<bool(const RoomId&)> is_mine, Task done) {
  deps_.store.list_records(
      std::string(kOutboxRecordKind),
      [self = self_, is_mine = std::move(is_mine),
       done = std::move(done)](Result<std::vector<storage::Record>> records) mutable {
        if (*self == nullptr) return;
        if (records) {
          (*self)->restore(*records, is_mine);
        } else {
          (*self)->deps_.log.error("waiting saves cannot be read; rooms are saved once they change",
                                   {{"error", to_string(records.error())}});
        }
        (*self)->started_ = true;
        for (Task& task : std::exchange((*self)->waiting_for_start_, {})) task();
        done();
      });
}

void Outbox::when_started(Task task) {
  if (started_) {
    task();
  } else {
    waiting_for_start_.push_back(std::move(task));
  }
}

void Outbox::restore(const std::vector<storage::Record>& records,
                     const std::function<bool(const RoomId&)>& is_mine) {
  if (!has_backend()) return;
  for (const storage::Record& record : records) restore_one(record, is_mine);
}

void Outbox::restore_one(const storage::Record& record,
                         const std::function<bool(const RoomId&)>& is_mine) {
  auto waiting = decode_waiting(record.value);
  if (!waiting) {
    deps_.log.error("a waiting save is unreadable; its room is saved once it changes",
                    {{"record", record.key}, {"error", to_string(waiting.error())}});
    return;
  }
  if (!is_mine(waiting->room)) return;
  OutboxEntry& entry = entry_for(waiting->room);
  entry.recorded = true;
  entry.waiting_since_ms = std::max<std::int64_t>(1, waiting->since_ms);
  ++entry.changes;
  if (!waiting->snapshot.empty()) {
    set_pending(entry, PendingState{.update = share(std::move(waiting->snapshot)),
                                    .seq = 0,
                                    .changes = entry.changes,
                                    .logged = false});
  }
  const auto spread = static_cast<std::uint64_t>(options_.restart_save_after.count());
  enqueue(entry, Duration{static_cast<std::int64_t>(deps_.random.below(spread + 1))});
}

OutboxEntry& Outbox::entry_for(const RoomId& room) {
  std::unique_ptr<OutboxEntry>& slot = entries_[room];
  if (!slot) {
    slot = std::make_unique<OutboxEntry>();
    slot->room = room;
    slot->serial = next_serial_++;
    slot->retry = RetrySchedule({.first = options_.retry_first, .last = options_.retry_last});
  }
  return *slot;
}

OutboxEntry* Outbox::find(const RoomId& room) const {
  const auto found = entries_.find(room);
  return found == entries_.end() ? nullptr : found->second.get();
}

void Outbox::drop_if_idle(const RoomId& room) {
  const OutboxEntry* entry = find(room);
  if (entry == nullptr || entry->listener || entry->is_waiting() || entry->busy ||
      entry->loading > 0) {
    return;
  }
  entries_.erase(room);
}

void Outbox::with_last(OutboxEntry& entry, Task then) {
  if (entry.last_restored) {
    then();
    return;
  }
  deps_.store.get_record(std::string(kBackendRecordKind), outbox_key(entry.room),
                         [self = self_, room = entry.room, then = std::move(then)](
                             Result<std::optional<storage::Record>> record) mutable {
                           if (*self == nullptr) return;
                           OutboxEntry* present = (*self)->find(room);
                           if (present != nullptr && !present->last_restored && record) {
                             present->last_restored = true;
                             if (*record) {
                               const auto last = decode_acknowledged((*record)->value);
                               // Unreadable: versions start again, which is the lesser evil to
                               // never saving.
                               if (last) present->last = *last;
                             }
                           }
                           then();
                         });
}

void Outbox::load(const RoomId& room, std::move_only_function<void(LoadedSnapshot)> done) {
  if (!has_backend()) {
    done({.outcome = LoadOutcome::Empty});
    return;
  }
  when_started(
      [this, room, done = std::move(done)]() mutable { start_load(room, std::move(done)); });
}

void Outbox::start_load(const RoomId& room, std::move_only_function<void(LoadedSnapshot)> done) {
  OutboxEntry& entry = entry_for(room);
  ++entry.loading;
  with_last(entry, [this, self = self_, room, done = std::move(done)]() mutable {
    deps_.backend->load(room, [self, room, done = std::move(done)](LoadReply reply) mutable {
      if (*self == nullptr) {
        done({.reason = "the server stops"});
        return;
      }
      OutboxEntry& present = (*self)->entry_for(room);
      present.loading = std::max(0, present.loading - 1);
      LoadedSnapshot loaded = (*self)->take_load(present, std::move(reply));
      (*self)->drop_if_idle(room);
      done(std::move(loaded));
    });
  });
}

LoadedSnapshot Outbox::take_load(OutboxEntry& entry, LoadReply reply) {
  LoadedSnapshot loaded{.outcome = reply.outcome, .reason = std::move(reply.reason)};
  Coverage coverage;
  if (reply.outcome == LoadOutcome::Content && is_empty_document(reply.body)) {
    loaded.outcome = LoadOutcome::Empty;
  } else if (reply.outcome == LoadOutcome::Content) {
    auto state = read_document(reply.body);
    if (!state) {
      deps_.log.error("the backend's snapshot is no document and is not used",
                      {{"room", entry.room.external_name()},
                       {"bytes", static_cast<std::uint64_t>(reply.body.size())},
                       {"error", to_string(state.error())}});
      return {.outcome = LoadOutcome::Unknown, .reason = "the backend's snapshot is damaged"};
    }
    loaded.update = std::move(state->update);
    coverage = std::move(state->coverage);
  }
  if (loaded.outcome == LoadOutcome::Unknown) return loaded;
  // While a save is under way this answer may be older than what that save has stored.
  if (!entry.busy || !entry.known) {
    entry.known = true;
    entry.acknowledged = std::move(coverage);
    entry.etag = std::move(reply.etag);
    entry.absent = reply.outcome == LoadOutcome::Empty;
  }
  // What the backend is still to get from here is part of the document as well.
  if (const Bytes* const held = unlogged_state(entry); held != nullptr) {
    loaded.update =
        loaded.outcome == LoadOutcome::Content ? joined(entry, *held, loaded.update) : *held;
    loaded.outcome = LoadOutcome::Content;
  }
  return loaded;
}

const Bytes* Outbox::unlogged_state(const OutboxEntry& entry) {
  if (!entry.pending || entry.pending->logged || entry.pending->update == nullptr) return nullptr;
  return is_empty_document(*entry.pending->update) ? nullptr : entry.pending->update.get();
}

Bytes Outbox::joined(const OutboxEntry& entry, ByteView held, ByteView update) {
  auto merged = merge_documents({held, update});
  if (merged) return std::move(merged->update);
  deps_.log.error("two states of a room that keeps no log cannot be merged; the older one is kept",
                  {{"room", entry.room.external_name()}, {"error", to_string(merged.error())}});
  return to_bytes(held);
}

void Outbox::save(const RoomId& room, SnapshotToSave snapshot, storage::Completion<void> accepted) {
  if (!has_backend()) {
    accepted({});
    return;
  }
  if (!started_) {
    waiting_for_start_.emplace_back(
        [this, room, snapshot = std::move(snapshot), accepted = std::move(accepted)]() mutable {
          save(room, std::move(snapshot), std::move(accepted));
        });
    return;
  }
  OutboxEntry& entry = entry_for(room);
  ++entry.changes;
  // No log has these bytes. A room that opened without them, while the backend lacked them, must
  // not put them out of the world by its next save.
  if (const Bytes* const held = unlogged_state(entry); held != nullptr && !snapshot.logged) {
    snapshot.update = joined(entry, *held, snapshot.update);
  }
  set_pending(entry, PendingState{.update = share(std::move(snapshot.update)),
                                  .seq = snapshot.seq,
                                  .changes = entry.changes,
                                  .logged = snapshot.logged});
  mark_waiting(entry, deps_.time.wall_ms());
  if (entry.recorded && snapshot.logged) {
    accepted({});
  } else {
    entry.accepting.push_back(std::move(accepted));
    write_waiting(entry);
  }
  limit_memory(entry);
  // A room in its retry delay stays there: a new state does not make the backend well.
  const bool waits_for_retry = entry.retry.attempts() > 0 && entry.due_ms >= 0;
  if (!entry.busy && !waits_for_retry) enqueue(entry, Duration{0});
}

void Outbox::note_change(const RoomId& room) {
  if (!has_backend()) return;
  if (!started_) {
    waiting_for_start_.emplace_back([this, room] { note_change(room); });
    return;
  }
  OutboxEntry& entry = entry_for(room);
  ++entry.changes;
  if (entry.is_waiting()) return;
  mark_waiting(entry, deps_.time.wall_ms());
  write_waiting(entry);
  if (!entry.busy) enqueue(entry, options_.noted_save_after);
}

void Outbox::listen(const RoomId& room, Listener listener) {
  if (!has_backend()) return;
  if (listener) {
    OutboxEntry& entry = entry_for(room);
    entry.listener = std::move(listener);
    if (entry.failing || entry.hold == Hold::TooLarge) report_present_trouble(room);
    return;
  }
  OutboxEntry* entry = find(room);
  if (entry == nullptr) return;
  entry->listener = nullptr;
  drop_if_idle(room);
}

// A room that opens in the middle of an outage; not before it has come to be.
void Outbox::report_present_trouble(const RoomId& room) {
  deps_.executor.post([self = self_, room] {
    OutboxEntry* const entry = *self == nullptr ? nullptr : (*self)->find(room);
    if (entry == nullptr) return;
    const bool too_large = entry->hold == Hold::TooLarge;
    if (!too_large && !entry->failing) return;
    report(*entry, {.outcome = too_large ? SaveOutcome::TooLarge : SaveOutcome::Failing,
                    .seq = entry->last.seq,
                    .snapshot_version = entry->last.version,
                    .merge = {}});
  });
}

storage::Seq Outbox::saved_seq(const RoomId& room) const {
  const OutboxEntry* entry = find(room);
  return entry == nullptr ? 0 : entry->last.seq;
}

BackendStatus Outbox::status(const RoomId& room) const {
  if (!has_backend()) return {.state = BackendState::None};
  const OutboxEntry* entry = find(room);
  if (entry == nullptr) return {};
  BackendStatus status{.state = entry->known ? BackendState::Saved : BackendState::Unknown,
                       .version = entry->last.version,
                       .acknowledged_seq = entry->last.seq,
                       .acknowledged_ms = entry->last.time_ms,
                       .waiting_since_ms = entry->waiting_since_ms,
                       .last_error = entry->last_error};
  if (entry->is_waiting()) status.state = BackendState::Waiting;
  if (entry->hold == Hold::TooLarge) status.state = BackendState::TooLarge;
  if (entry->hold == Hold::Denied) status.state = BackendState::Denied;
  if (!deps_.backend->missing_setting().empty()) status.state = BackendState::Unconfigured;
  return status;
}

OutboxTotals Outbox::totals() const {
  OutboxTotals totals{.saves_in_flight = in_flight_,
                      .saves_stored = saves_stored_,
                      .saves_failed = saves_failed_,
                      .outage = outage_};
  for (const auto& [room, entry] : entries_) {
    if (!entry->is_waiting()) continue;
    ++totals.rooms_waiting;
    if (entry->hold == Hold::TooLarge) ++totals.rooms_too_large;
    if (entry->hold == Hold::Denied) ++totals.rooms_denied;
    if (totals.oldest_waiting_ms == 0 || entry->waiting_since_ms < totals.oldest_waiting_ms) {
      totals.oldest_waiting_ms = entry->waiting_since_ms;
    }
  }
  return totals;
}

void Outbox::forget(const RoomId& room) {
  deps_.store.erase_record(std::string(kOutboxRecordKind), outbox_key(room),
                           [](const Result<void>&) {});
  deps_.store.erase_record(std::string(kBackendRecordKind), outbox_key(room),
                           [](const Result<void>&) {});
  OutboxEntry* entry = find(room);
  if (entry == nullptr) return;
  unqueue(*entry);
  set_pending(*entry, std::nullopt);
  // An attempt that is under way finds nobody when it ends. Its listener starts afresh.
  Listener listener = std::move(entry->listener);
  entries_.erase(room);
  if (listener) entry_for(room).listener = std::move(listener);
}

void Outbox::mark_waiting(OutboxEntry& entry, std::int64_t since_ms) {
  if (!entry.is_waiting()) entry.waiting_since_ms = since_ms;
}

void Outbox::write_waiting(OutboxEntry& entry) {
  WaitingRecord waiting{.room = entry.room, .since_ms = entry.waiting_since_ms, .snapshot = {}};
  if (entry.pending && !entry.pending->logged && entry.pending->update != nullptr) {
    waiting.snapshot = *entry.pending->update;
  }
  storage::Record record{.kind = std::string(kOutboxRecordKind),
                         .key = outbox_key(entry.room),
                         .value = encode_waiting(waiting)};
  auto accepting = std::exchange(entry.accepting, {});
  deps_.store.put_record(
      std::move(record), [self = self_, room = entry.room, serial = entry.serial,
                          accepting = std::move(accepting)](const Result<void>& result) mutable {
        if (*self != nullptr) {
          OutboxEntry* present = (*self)->find(room);
          if (present != nullptr && present->serial == serial && present->is_waiting()) {
            present->recorded = result.has_value();
          }
        }
        for (auto& accepted : accepting) accepted(result);
      });
}

void Outbox::set_pending(OutboxEntry& entry, std::optional<PendingState> pending) {
  if (entry.pending && entry.pending->update != nullptr) {
    memory_bytes_ -= entry.pending->update->size();
  }
  entry.pending = std::move(pending);
  if (entry.pending && entry.pending->update != nullptr) {
    memory_bytes_ += entry.pending->update->size();
  }
}

void Outbox::limit_memory(const OutboxEntry& keep) {
  if (memory_bytes_ <= options_.memory_bytes_max) return;
  for (auto& [room, owned] : entries_) {
    if (memory_bytes_ <= options_.memory_bytes_max) return;
    OutboxEntry& entry = *owned;
    // The log has it, and what it has by then is at least as new.
    if (&entry == &keep || entry.busy || !entry.pending || !entry.pending->logged) continue;
    set_pending(entry, std::nullopt);
  }
}

void Outbox::enqueue(OutboxEntry& entry, Duration delay) {
  unqueue(entry);
  entry.due_ms = deps_.time.steady_ms() + delay.count();
  queue_.emplace(entry.due_ms, entry.room);
  arm_timer();
}

void Outbox::unqueue(OutboxEntry& entry) {
  if (entry.due_ms >= 0) queue_.erase({entry.due_ms, entry.room});
  entry.due_ms = -1;
}

void Outbox::run_due() {
  while (!queue_.empty() && in_flight_ < options_.in_flight_max &&
         queue_.begin()->first <= deps_.time.steady_ms()) {
    OutboxEntry& entry = *entries_.at(queue_.begin()->second);
    unqueue(entry);
    attempt(entry);
  }
  arm_timer();
}

void Outbox::arm_timer() {
  const bool wanted = !queue_.empty() && in_flight_ < options_.in_flight_max;
  const std::int64_t due = wanted ? queue_.begin()->first : 0;
  if (timer_ && (!wanted || due != timer_due_ms_)) {
    deps_.executor.cancel(*timer_);
    timer_.reset();
  }
  if (!wanted || timer_) return;
  timer_due_ms_ = due;
  const std::int64_t wait = std::max<std::int64_t>(0, due - deps_.time.steady_ms());
  timer_ = deps_.executor.after(Duration{wait}, [this] {
    timer_.reset();
    run_due();
  });
}

void Outbox::flush(Duration deadline, Task done) {
  if (!has_backend()) {
    done();
    return;
  }
  // A second flush takes the place of one that is under way.
  cancel_flush_timer();
  flushed_ = std::move(done);
  for (auto& [room, entry] : entries_) {
    entry->tried_in_flush = false;
    if (entry->is_waiting() && !entry->busy && entry->hold != Hold::TooLarge) {
      enqueue(*entry, Duration{0});
    }
  }
  flush_timer_ = deps_.executor.after(deadline, [this] {
    flush_timer_.reset();
    if (flushed_) std::exchange(flushed_, nullptr)();
  });
  check_flush();
}

void Outbox::cancel_flush_timer() {
  if (flush_timer_) deps_.executor.cancel(*flush_timer_);
  flush_timer_.reset();
}

void Outbox::check_flush() {
  if (!flushed_ || in_flight_ > 0) return;
  for (const auto& [room, entry] : entries_) {
    if (entry->is_waiting() && !entry->tried_in_flush && entry->hold != Hold::TooLarge) return;
  }
  cancel_flush_timer();
  std::exchange(flushed_, nullptr)();
}

void Outbox::report(OutboxEntry& entry, const SaveReport& report) {
  if (!entry.listener) return;
  // The listener may take itself away while it runs.
  const Listener listener = entry.listener;
  listener(report);
}

}  // namespace runnel::backend
