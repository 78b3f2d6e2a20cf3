// One attempt of the outbox to bring a room's state to the backend, step by step.
#include "runnel/backend/outbox.h"

#include "base/check.h"

#include <algorithm>

namespace runnel::backend {

namespace {

// Two servers that save the same room in turn agree after one round; more means that somebody
// writes faster than we can, and waiting helps.
constexpr int kStaleRoundsMax = 3;

// A wrong secret is not cured by asking often.
constexpr Duration kDeniedRetry{60'000};

// After an outage rooms come back over this time and not at once.
constexpr std::uint64_t kRecoverySpreadMs = 2'000;

}  // namespace

void Outbox::attempt(OutboxEntry& entry) {
  ++in_flight_;
  entry.busy = true;
  entry.refetched = false;
  entry.merge_in.clear();
  entry.stale_rounds = 0;
  entry.tried_in_flush = true;
  // Versions go on where they stood, so what is stored of them comes first.
  auto go_on = step<bool>(entry, [this](OutboxEntry& present, bool) {
    if (present.known) {
      read_content(present);
    } else {
      learn_backend(present);
    }
  });
  with_last(entry, [go_on = std::move(go_on)]() mutable { go_on(true); });
}

void Outbox::attempt_lost() {
  --in_flight_;
  arm_timer();
  check_flush();
}

void Outbox::learn_backend(OutboxEntry& entry) {
  entry.known = false;
  deps_.backend->load(entry.room,
                      step<LoadReply>(entry, [this](OutboxEntry& present, LoadReply reply) {
                        const Duration retry_after = reply.retry_after;
                        LoadedSnapshot loaded = take_load(present, std::move(reply));
                        if (loaded.outcome == LoadOutcome::Unknown) {
                          failed(present, std::move(loaded.reason), retry_after, Hold::None);
                          return;
                        }
                        present.refetched = true;
                        // Told that there is something where the load finds nothing: what is not
                        // there cannot be lost, so the next try is unconditional.
                        if (present.stale_rounds > 0) present.absent = false;
                        present.merge_in = std::move(loaded.update);
                        read_content(present);
                      }));
}

void Outbox::read_content(OutboxEntry& entry) {
  if (entry.pending && entry.pending->update != nullptr) {
    prepare(entry);
    return;
  }
  // Changes that are noted from here on may not be in what is read.
  const std::uint64_t changes = entry.changes;
  deps_.store.load(entry.room, step<Result<storage::RoomRecord>>(
                                   entry, [this, changes](OutboxEntry& present,
                                                          Result<storage::RoomRecord> record) {
                                     if (!present.pending) {
                                       set_pending(present, PendingState{.changes = changes});
                                     }
                                     on_log_read(present, std::move(record));
                                   }));
}

void Outbox::on_log_read(OutboxEntry& entry, Result<storage::RoomRecord> record) {
  RUNNEL_CHECK(entry.pending.has_value());
  if (entry.pending->update != nullptr) {  // the room submitted meanwhile
    prepare(entry);
    return;
  }
  if (!entry.listener) deps_.store.release(entry.room);
  if (!record) {
    set_pending(entry, std::nullopt);
    failed(entry, "reading the room's log: " + to_string(record.error()), Duration{0}, Hold::None);
    return;
  }
  std::vector<ByteView> updates;
  if (!record->snapshot.empty()) updates.emplace_back(record->snapshot);
  for (const storage::LogEntry& logged : record->tail) updates.emplace_back(logged.update);
  if (updates.empty()) {
    // A room without a log that is in memory will submit; any other has nothing to save.
    const std::uint64_t changes = entry.listener ? entry.saved_changes : entry.pending->changes;
    set_pending(entry, std::nullopt);
    settle(entry, changes);
    return;
  }
  auto merged = merge_documents(updates);
  if (!merged) {
    set_pending(entry, std::nullopt);
    failed(entry, "merging the room's log: " + to_string(merged.error()), Duration{0}, Hold::None);
    return;
  }
  PendingState pending = *entry.pending;
  pending.update = share(std::move(merged->update));
  pending.seq = record->last_seq;
  set_pending(entry, std::move(pending));
  prepare(entry);
}

void Outbox::prepare(OutboxEntry& entry) {
  RUNNEL_CHECK(entry.pending.has_value());
  // A copy: what is reported below may make the room submit anew while this runs.
  const PendingState taken = *entry.pending;
  const ByteView update = *taken.update;
  if (is_empty_document(update) && entry.acknowledged.empty()) {
    nothing_to_save(entry, taken);
    return;
  }
  auto state =
      is_empty_document(update) ? Result<DocumentState>(DocumentState{}) : read_document(update);
  if (state && !state->coverage.covers(entry.acknowledged)) {
    if (!entry.refetched) {
      // What the backend has is known only by its outline: it must be fetched to be merged.
      learn_backend(entry);
      return;
    }
    state = merge_documents({update, ByteView(entry.merge_in)});
    report(entry, {.outcome = SaveOutcome::Conflict,
                   .seq = taken.seq,
                   .snapshot_version = entry.last.version,
                   .merge = entry.merge_in});
  }
  if (!state) {
    failed(entry, "encoding the snapshot: " + to_string(state.error()), Duration{0}, Hold::None);
    return;
  }
  if (!state->coverage.covers(entry.acknowledged)) {
    failed(entry, "the snapshot does not cover what the backend has", Duration{0}, Hold::None);
    return;
  }
  if (state->coverage.empty() || state->coverage == entry.acknowledged) {
    nothing_to_save(entry, taken);
    return;
  }
  const std::size_t bytes = state->update.size();
  if (bytes > options_.snapshot_bytes_max) {
    too_large(entry, taken.changes, bytes, "the snapshot is over the backend's bound");
  } else if (entry.refused_bytes != 0 && bytes >= entry.refused_bytes) {
    too_large(entry, taken.changes, bytes, entry.last_error);
  } else {
    send(entry, taken, std::move(*state));
  }
}

void Outbox::send(OutboxEntry& entry, const PendingState& taken, DocumentState state) {
  if (state.update.size() > options_.snapshot_bytes_warn && !entry.warned_of_size) {
    entry.warned_of_size = true;
    deps_.log.warning("a snapshot is close to the size that the backend can take",
                      {{"room", entry.room.external_name()},
                       {"bytes", static_cast<std::uint64_t>(state.update.size())}});
  }
  const OutboxSent sent{.version = entry.last.version + 1,
                        .bytes = state.update.size(),
                        .seq = taken.seq,
                        .changes = taken.changes};
  SaveCall call{.update = share(std::move(state.update)),
                .state_vector = state.coverage.state_vector.encode(),
                .version = sent.version,
                .if_match = entry.etag,
                .if_none = entry.absent};
  deps_.backend->save(entry.room, std::move(call),
                      step<SaveReply>(entry, [this, sent, coverage = std::move(state.coverage)](
                                                 OutboxEntry& present, const SaveReply& reply) {
                        on_saved(present, sent, coverage, reply);
                      }));
}

void Outbox::on_saved(OutboxEntry& entry, const OutboxSent& sent, const Coverage& coverage,
                      const SaveReply& reply) {
  switch (reply.status) {
    case SaveStatus::Stored:
      stored(entry, sent, coverage, reply);
      return;
    case SaveStatus::Stale:
      if (++entry.stale_rounds > kStaleRoundsMax) {
        failed(entry, reply.reason, reply.retry_after, Hold::None);
      } else {
        learn_backend(entry);
      }
      return;
    case SaveStatus::TooLarge:
      too_large(entry, sent.changes, sent.bytes, reply.reason);
      return;
    case SaveStatus::Denied:
      failed(entry, reply.reason, std::max(kDeniedRetry, reply.retry_after), Hold::Denied);
      return;
    case SaveStatus::NotKept:
      not_kept(entry, sent);
      return;
    case SaveStatus::Unavailable:
      // One that timed out may have been carried out all the same. Where there are ETags, the next
      // attempt is told so by a 412 and fetches first.
      failed(entry, reply.reason, reply.retry_after, Hold::None);
      return;
  }
}

void Outbox::stored(OutboxEntry& entry, const OutboxSent& sent, const Coverage& coverage,
                    const SaveReply& reply) {
  ++saves_stored_;
  entry.acknowledged = coverage;
  entry.absent = false;
  entry.etag = reply.etag;
  entry.last = {.version = sent.version,
                .seq = std::max(entry.last.seq, sent.seq),
                .time_ms = deps_.time.wall_ms()};
  entry.retry.reset();
  entry.refused_bytes = 0;
  entry.last_error.clear();
  entry.hold = Hold::None;
  if (outage_) outage_over();
  if (entry.pending && entry.pending->changes == sent.changes) set_pending(entry, std::nullopt);
  // Clients hear of a version once it is written down, so that none is ever given twice.
  storage::Record record{.kind = std::string(kBackendRecordKind),
                         .key = outbox_key(entry.room),
                         .value = encode_acknowledged(entry.last)};
  const SaveReport saved{.outcome = SaveOutcome::Saved,
                         .seq = entry.last.seq,
                         .snapshot_version = sent.version,
                         .merge = {}};
  deps_.store.put_record(std::move(record),
                         step<Result<void>>(entry, [this, saved, changes = sent.changes](
                                                       OutboxEntry& present, const Result<void>&) {
                           present.failing = false;
                           report(present, saved);
                           settle(present, changes);
                         }));
}

// A room that is no resource of the backend. Nobody is told that it is saved there, for it is not.
void Outbox::not_kept(OutboxEntry& entry, const OutboxSent& sent) {
  if (entry.pending && entry.pending->changes == sent.changes) set_pending(entry, std::nullopt);
  entry.retry.reset();
  entry.last_error.clear();
  entry.hold = Hold::None;
  settle(entry, sent.changes);
}

void Outbox::too_large(OutboxEntry& entry, std::uint64_t changes, std::size_t bytes,
                       std::string reason) {
  entry.refused_bytes = entry.refused_bytes == 0 ? bytes : std::min(bytes, entry.refused_bytes);
  const bool first = entry.hold != Hold::TooLarge;
  entry.hold = Hold::TooLarge;
  entry.last_error = std::move(reason);
  entry.retry.reset();
  // Of a room with a log nothing is kept here: its bytes are in the log. Without a log these are
  // all there is.
  const bool is_newest = entry.pending && entry.pending->changes == changes;
  if (is_newest && entry.pending->logged) set_pending(entry, std::nullopt);
  if (entry.pending && !is_newest) enqueue(entry, Duration{0});
  if (first) {
    deps_.log.error(
        "a snapshot is too large for the backend and is kept here only",
        {{"room", entry.room.external_name()}, {"bytes", static_cast<std::uint64_t>(bytes)}});
    report(entry, {.outcome = SaveOutcome::TooLarge,
                   .seq = entry.last.seq,
                   .snapshot_version = entry.last.version,
                   .merge = {}});
  }
  finish(entry);
}

void Outbox::failed(OutboxEntry& entry, std::string reason, Duration retry_after, Hold hold) {
  ++saves_failed_;
  entry.hold = hold;
  entry.last_error = std::move(reason);
  if (!outage_ || hold == Hold::Denied) {
    deps_.log.error("a save did not reach the backend; it waits in the outbox",
                    {{"room", entry.room.external_name()}, {"reason", entry.last_error}});
  }
  outage_ = true;
  if (!entry.failing) {
    entry.failing = true;
    report(entry, {.outcome = SaveOutcome::Failing,
                   .seq = entry.last.seq,
                   .snapshot_version = entry.last.version,
                   .merge = {}});
  }
  enqueue(entry, entry.retry.next(deps_.random, retry_after));
  finish(entry);
}

// The backend has all of it, or there is nothing that would be worth a first save.
void Outbox::nothing_to_save(OutboxEntry& entry, const PendingState& taken) {
  if (entry.pending && entry.pending->changes == taken.changes) set_pending(entry, std::nullopt);
  entry.last.seq = std::max(entry.last.seq, taken.seq);
  entry.last_error.clear();
  entry.hold = Hold::None;
  entry.retry.reset();
  const bool was_failing = std::exchange(entry.failing, false);
  if (outage_) outage_over();
  if (was_failing || !entry.acknowledged.empty()) {
    report(entry, {.outcome = SaveOutcome::Unchanged,
                   .seq = entry.last.seq,
                   .snapshot_version = entry.last.version,
                   .merge = {}});
  }
  settle(entry, taken.changes);
}

void Outbox::settle(OutboxEntry& entry, std::uint64_t saved_changes) {
  entry.saved_changes = std::max(entry.saved_changes, saved_changes);
  if (entry.changes == entry.saved_changes) {
    entry.waiting_since_ms = 0;
    entry.recorded = false;
    unqueue(entry);
    deps_.store.erase_record(std::string(kOutboxRecordKind), outbox_key(entry.room),
                             [](const Result<void>&) {});
  } else {
    entry.waiting_since_ms = deps_.time.wall_ms();
    enqueue(entry, entry.pending ? Duration{0} : options_.noted_save_after);
  }
  finish(entry);
}

void Outbox::finish(OutboxEntry& entry) {
  entry.busy = false;
  entry.merge_in = {};
  --in_flight_;
  const RoomId room = entry.room;
  drop_if_idle(room);
  // Through the timer, for a backend that answers at once would otherwise nest one room's attempt
  // in the end of another's.
  arm_timer();
  check_flush();
}

void Outbox::outage_over() {
  outage_ = false;
  deps_.log.info("saves reach the backend again", {});
  for (auto& [room, entry] : entries_) {
    if (entry->busy || entry->due_ms < 0 || entry->retry.attempts() == 0) continue;
    if (entry->hold == Hold::Denied) continue;
    enqueue(*entry, Duration{static_cast<std::int64_t>(deps_.random.below(kRecoverySpreadMs))});
  }
}

}  // namespace runnel::backend
