#include "runnel/storage/durability.h"

#include "base/check.h"

#include <algorithm>
#include <utility>

namespace runnel::storage {

Durability::Durability(DurabilityOptions options, Executor& writer, Executor& syncer,
                       std::shared_ptr<WalFile> wal, const TimeSource& time, Log& log,
                       StoreMetrics& metrics)
    : options_(options),
      writer_(writer),
      syncer_(syncer),
      wal_(std::move(wal)),
      time_(time),
      log_(log),
      metrics_(metrics) {}

void Durability::mark(const std::shared_ptr<LoopPort>& port, Room& room) {
  if (room.mark_round == round_ && marks_[room.mark_index].port == port) {
    marks_[room.mark_index].seq = room.last_seq;
    return;
  }
  room.mark_round = round_;
  room.mark_index = marks_.size();
  marks_.push_back({.port = port, .room = room.id, .seq = room.last_seq});
}

void Durability::committed() {
  if (!dirty_) dirty_since_ms_ = time_.steady_ms();
  dirty_ = true;
  if (syncing_ || timer_ || failed_) return;
  const Duration waited(time_.steady_ms() - dirty_since_ms_);
  const Duration rest = std::max(options_.delay - waited, Duration(0));
  timer_ = writer_.after(rest, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->start();
  });
}

void Durability::wait(Waiter waiter) {
  if (failed_) {
    waiter(std::unexpected(*failed_));
    return;
  }
  if (!dirty_) dirty_since_ms_ = time_.steady_ms();
  dirty_ = true;
  waiters_.push_back(std::move(waiter));
  if (!syncing_) start();
}

void Durability::when_settled(Task task) {
  if (syncing_) {
    settled_.push_back(std::move(task));
  } else {
    task();
  }
}

void Durability::checkpointed() {
  RUNNEL_CHECK(!syncing_);
  if (failed_) return;
  if (timer_) writer_.cancel(*timer_);
  timer_.reset();
  dirty_ = false;
  ++round_;
  report(std::exchange(marks_, {}));
  for (Waiter& waiter : std::exchange(waiters_, {})) waiter({});
}

void Durability::start() {
  if (timer_) writer_.cancel(*timer_);
  timer_.reset();
  if (syncing_ || failed_) return;
  syncing_ = true;
  dirty_ = false;
  ++round_;
  syncing_marks_ = std::exchange(marks_, {});
  syncing_waiters_ = std::exchange(waiters_, {});
  syncer_.post([self = shared_from_this()] {
    const std::int64_t begun_ms = self->time_.steady_ms();
    Result<void> outcome = self->wal_->sync();
    const std::int64_t took_ms = self->time_.steady_ms() - begun_ms;
    self->writer_.post([self, outcome = std::move(outcome), took_ms]() mutable {
      self->finished(std::move(outcome), took_ms);
    });
  });
}

void Durability::finished(Result<void> outcome, std::int64_t took_ms) {
  metrics_.syncs.add();
  metrics_.sync_ms.observe(static_cast<std::uint64_t>(took_ms));
  auto waiters = std::exchange(syncing_waiters_, {});
  auto marks = std::exchange(syncing_marks_, {});
  // While this one ran, another may have failed: then nobody knows what this one covers.
  if (outcome && failed_) outcome = std::unexpected(*failed_);
  if (outcome) report(std::move(marks));
  for (Waiter& waiter : waiters) waiter(outcome);
  syncing_ = false;  // only now, so that no waiter has begun the next one
  if (!outcome) fail_for_ever(outcome.error());
  for (Task& task : std::exchange(settled_, {})) task();
  // One of them may have begun the next round, or ended it all.
  if (failed_ || syncing_) return;
  if (!waiters_.empty()) {
    start();
  } else if (dirty_) {
    committed();
  }
}

void Durability::fail_for_ever(const Error& error) {
  marks_.clear();
  if (!failed_) {
    failed_ = error;
    metrics_.failed_syncs.add();
    log_.error(
        "fsync failed: what was written last may be lost at a power cut, so nothing more is "
        "accepted; check the disk and restart",
        {{"error", to_string(error)}});
  }
  for (Waiter& waiter : std::exchange(waiters_, {})) waiter(std::unexpected(*failed_));
}

bool Durability::has_unsynced(const RoomId& room) const {
  const auto is_of_room = [&room](const Mark& mark) { return *mark.room == room; };
  return std::ranges::any_of(marks_, is_of_room) || std::ranges::any_of(syncing_marks_, is_of_room);
}

void Durability::report(std::vector<Mark> marks) {
  // Few loops, many rooms: one pass and one post for each loop.
  while (!marks.empty()) {
    const std::shared_ptr<LoopPort> port = marks.back().port;
    std::vector<std::pair<std::shared_ptr<const RoomId>, Seq>> positions;
    std::vector<Mark> others;
    for (Mark& mark : marks) {
      if (mark.port == port) {
        positions.emplace_back(std::move(mark.room), mark.seq);
      } else {
        others.push_back(std::move(mark));
      }
    }
    marks = std::move(others);
    LoopPort::post(port, [port, positions = std::move(positions)] {
      if (!port->durable_listener) return;
      for (const auto& [room, seq] : positions) port->durable_listener(*room, seq);
    });
  }
}

}  // namespace runnel::storage
