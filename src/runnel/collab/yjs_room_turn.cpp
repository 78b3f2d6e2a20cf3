// YjsRoom, what happens at the end of a turn and from time to time.
#include "runnel/collab/control_messages.h"
#include "runnel/collab/yjs_room.h"

#include <algorithm>
#include <utility>

namespace runnel::collab {

using room::Connection;

namespace {

// A room is hot when it has that many turns in a window and as many deliveries; then its turns are
// widened, first a little, then up to CollabOptions::tick_max.
constexpr std::int64_t kHeatWindowMs = 100;
constexpr std::size_t kWarmTurns = 20;
constexpr std::size_t kWarmDeliveries = 400;
constexpr std::size_t kHotDeliveries = 4000;

// A turn that has grown beyond this leaves at once.
constexpr std::size_t kTurnBytesMax = std::size_t{1} << 20U;

constexpr Duration kSlowCheck{50};
constexpr Duration kAckDelay{100};
constexpr Duration kUpkeepMin{100};
constexpr std::int64_t kFirstRenewalMs = 15'000;

// A document that nobody has changed for so long becomes bytes again.
constexpr std::int64_t kRestMs = 60'000;

}  // namespace

Result<bool> YjsRoom::apply(std::optional<ConnectionId> sender, std::string author,
                            ByteView update) {
  RoomDocument::Change change = RUNNEL_TRY(document_.apply(update));
  if (document_.is_integrated() != was_integrated_) {
    was_integrated_ = !was_integrated_;
    metrics_.integrated_rooms.add(1);
  }
  if (change.empty()) return false;
  changed_ms_ = context_.time().steady_ms();
  turn_.add(sender, std::move(author), std::move(change));
  schedule_flush();
  return true;
}

// --- Flushing

Duration YjsRoom::tick() {
  const std::int64_t now_ms = context_.time().steady_ms();
  if (now_ms - window_start_ms_ >= kHeatWindowMs) {
    window_start_ms_ = now_ms;
    window_turns_ = 0;
  }
  ++window_turns_;
  if (turn_.bytes() > kTurnBytesMax) return Duration(0);
  const std::size_t deliveries = window_turns_ * out_.receivers();
  if (window_turns_ < kWarmTurns || deliveries < kWarmDeliveries) return Duration(0);
  return deliveries < kHotDeliveries ? options_.tick_max / 2 : options_.tick_max;
}

void YjsRoom::schedule_flush() {
  if (std::exchange(flush_scheduled_, true)) return;
  const auto work = [this] { flush(); };
  if (const Duration wait = tick(); wait.count() > 0) {
    context_.after(wait, work);
  } else {
    context_.at_turn_end(work);
  }
}

void YjsRoom::flush() {
  flush_scheduled_ = false;
  flush_updates();
  flush_acks();
  flush_awareness();
  if (out_.has_slow()) schedule_slow_check();
}

void YjsRoom::flush_updates() {
  if (turn_.empty()) return;
  const bool keep_apart = options_.persist == PersistMode::History;
  auto turn = turn_.take(keep_apart);
  if (!turn) {
    context_.fail(std::move(turn.error()));
    return;
  }
  if (options_.persist != PersistMode::None) {
    for (storage::LogEntry& entry : turn->log) {
      log_bytes_ += entry.update.size();
      ++log_entries_;
      context_.storage().append(std::move(entry), nullptr);
    }
  }
  if (!turn->update.empty()) {
    out_.update(protocol::encode_sync_update(turn->update), turn->only_from);
  }
  compact_if_large();
}

void YjsRoom::flush_acks() {
  if (to_ack_.empty()) return;
  const storage::Seq last = context_.storage().last_seq();
  const storage::Seq durable = context_.storage().durable_seq();
  const storage::Seq saved = backend_.saved_seq();
  for (const ConnectionId id : std::exchange(to_ack_, {})) {
    Connection* connection = context_.connection(id);
    if (connection == nullptr) continue;
    AckTracker& acks = *Participant::of(*connection).acks;
    acks.received(last);
    if (options_.persist != PersistMode::None) acks.durable(durable);
    if (deps_.saver != nullptr && backend_.unsaved_since_ms() == 0) acks.backend(saved);
    schedule_acks();
  }
}

void YjsRoom::flush_awareness() {
  if (awareness_dirty_.empty()) return;
  const auto dirty = std::exchange(awareness_dirty_, {});
  const bool for_all = std::exchange(awareness_for_all_, false);
  const auto sender = std::exchange(awareness_sender_, std::nullopt);
  out_.awareness(dirty, for_all ? std::nullopt : sender);
}

void YjsRoom::schedule_slow_check() {
  if (std::exchange(slow_check_runs_, true)) return;
  context_.after(kSlowCheck, [this] {
    slow_check_runs_ = false;
    flush_updates();
    if (out_.look_after_slow()) schedule_slow_check();
  });
}

// --- Acknowledgements

void YjsRoom::on_durable(storage::Seq seq) {
  bool any = false;
  context_.for_each_connection([&](Connection& connection) {
    if (connection.state() == nullptr || !Participant::of(connection).acks) return;
    Participant::of(connection).acks->durable(seq);
    any = true;
  });
  if (any) schedule_acks();
}

void YjsRoom::schedule_acks() {
  if (std::exchange(acks_scheduled_, true)) return;
  context_.after(kAckDelay, [this] {
    acks_scheduled_ = false;
    send_acks();
  });
}

void YjsRoom::send_acks() {
  context_.for_each_connection([this](Connection& connection) {
    if (connection.state() == nullptr) return;
    Participant& participant = Participant::of(connection);
    if (participant.acks == nullptr || participant.is_lagging()) return;
    if (const auto ack = participant.acks->take()) out_.control(connection, ack_message(*ack));
  });
}

// --- Compaction

void YjsRoom::compact_if_large() {
  if (compacting_) return;
  switch (options_.persist) {
    case PersistMode::Snapshot:
      if (log_bytes_ >= std::max(options_.compact_bytes, snapshot_bytes_)) compact();
      return;
    case PersistMode::History: {
      const bool too_many = options_.history_updates > 0 && log_entries_ > options_.history_updates;
      const bool too_large =
          options_.history_bytes > 0 && log_bytes_ > options_.history_bytes && log_entries_ > 1;
      if (too_many || too_large) compact();
      return;
    }
    case PersistMode::None:
      return;
  }
}

void YjsRoom::compact() {
  const SharedBytes state = document_.full_state();
  compacting_ = true;
  log_bytes_ = 0;
  log_entries_ = 0;
  snapshot_bytes_ = state->size();
  metrics_.compactions.add();
  context_.storage().compact(context_.storage().last_seq(), *state,
                             [this](const Result<void>& /*done*/) { compacting_ = false; });
}

// --- From time to time

void YjsRoom::schedule_upkeep() {
  if (upkeep_runs_) return;
  upkeep_runs_ = true;
  upkeep();
}

void YjsRoom::upkeep() {
  if (context_.connection_count() == 0) {
    upkeep_runs_ = false;
    return;
  }
  const std::int64_t now_ms = context_.time().steady_ms();
  const std::chrono::milliseconds now(now_ms);
  act_on(nullptr, awareness_.tick(now));
  std::int64_t next_ms = std::min(out_.keep_alive(), awareness_.next_due(now).count());
  if (document_.is_integrated()) {
    if (now_ms - changed_ms_ >= kRestMs) {
      flush_updates();
      document_.rest();
      was_integrated_ = false;
      metrics_.integrated_rooms.add(-1);
    } else {
      next_ms = std::min(next_ms, changed_ms_ + kRestMs);
    }
  }
  schedule_upkeep_at(std::max(next_ms, now_ms + kUpkeepMin.count()));
}

void YjsRoom::schedule_upkeep_at(std::int64_t due_ms) {
  context_.cancel(upkeep_timer_);
  upkeep_due_ms_ = due_ms;
  const Duration wait(std::max<std::int64_t>(0, due_ms - context_.time().steady_ms()));
  upkeep_timer_ = context_.after(wait, [this] { upkeep(); });
}

// A state that was announced just now may have to be renewed before anything else is due.
void YjsRoom::expect_renewal() {
  const std::int64_t due_ms = context_.time().steady_ms() + kFirstRenewalMs;
  if (upkeep_runs_ && upkeep_due_ms_ > due_ms) schedule_upkeep_at(due_ms);
}

}  // namespace runnel::collab
