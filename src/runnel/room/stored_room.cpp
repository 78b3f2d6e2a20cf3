#include "runnel/room/stored_room.h"

#include <algorithm>
#include <utility>

namespace runnel::room {

StoredRoom::StoredRoom(const RoomId& id, storage::RoomStore& store, const TimeSource& time,
                       OutputGate& gate, bool gate_appends, StoredRoomOwner& owner)
    : id_(id),
      store_(store),
      time_(time),
      gate_(gate),
      owner_(owner),
      gate_appends_(gate_appends),
      self_(std::make_shared<StoredRoom*>(this)) {}

void StoredRoom::set_record(storage::RoomRecord record) {
  alarm_ms_ = record.alarm_ms;
  last_seq_ = record.last_seq;
  record_ = std::make_unique<storage::RoomRecord>(std::move(record));
  // What was read back from the disk is at least as durable as the disk.
  durable_seq_ = last_seq_;
}

storage::RoomRecord StoredRoom::take_record() {
  const auto record = std::move(record_);
  return record ? std::move(*record) : storage::RoomRecord{};
}

template <class T>
storage::Completion<T> StoredRoom::guard_read(Completion<T> done) {
  ++reads_;
  return [weak = std::weak_ptr(self_), done = std::move(done)](Result<T> outcome) mutable {
    const auto self = weak.lock();
    if (self == nullptr) return;
    StoredRoom& room = **self;
    --room.reads_;
    room.owner_.run_turn([&] { done(std::move(outcome)); });
    if (!weak.expired() && room.reads_ == 0) room.owner_.reads_finished();
  };
}

storage::Completion<void> StoredRoom::guard_write(Completion<void> done, bool gated) {
  if (gated) gate_.write_started();
  return [weak = std::weak_ptr(self_), done = std::move(done),
          gated](const Result<void>& outcome) mutable {
    if (const auto self = weak.lock()) (*self)->finish_write(outcome, done, gated);
  };
}

void StoredRoom::finish_write(const Result<void>& outcome, Completion<void>& done, bool gated) {
  // Over a bound is the handler's mistake and nothing was written; everything else is the disk's.
  const bool fatal = !outcome && outcome.error().code != Errc::LimitExceeded;
  if (fatal) {
    owner_.write_failed(outcome.error());
    return;
  }
  if (done != nullptr) {
    owner_.run_turn([&] { done(outcome); });
  }
  if (gated) gate_.write_finished();
}

void StoredRoom::get(std::string key, Completion<std::optional<Bytes>> done) {
  store_.kv_get(id_, std::move(key), guard_read<std::optional<Bytes>>(std::move(done)));
}

void StoredRoom::list(storage::KvRange range, Completion<std::vector<storage::KvPair>> done) {
  store_.kv_list(id_, std::move(range), guard_read<std::vector<storage::KvPair>>(std::move(done)));
}

void StoredRoom::write(std::vector<storage::KvChange> changes, Completion<void> done) {
  store_.kv_write(id_, std::move(changes), guard_write(std::move(done), true));
}

void StoredRoom::delete_all(Completion<void> done) {
  store_.kv_delete_all(id_, guard_write(std::move(done), true));
}

void StoredRoom::set_alarm(std::int64_t wall_ms) {
  // A time that has passed is stored as "now", as PartyKit does.
  alarm_ms_ = std::max(wall_ms, time_.wall_ms());
  store_alarm(alarm_ms_);
}

void StoredRoom::delete_alarm() {
  alarm_ms_.reset();
  store_alarm(std::nullopt);
}

void StoredRoom::alarm_started() { alarm_ms_.reset(); }

void StoredRoom::alarm_finished() {
  if (!alarm_ms_) store_alarm(std::nullopt);
}

void StoredRoom::store_alarm(std::optional<std::int64_t> alarm_ms) {
  store_.set_alarm(id_, alarm_ms, guard_write(nullptr, true));
  owner_.alarm_moved(alarm_ms);
}

storage::Seq StoredRoom::append(storage::LogEntry entry, Completion<void> done) {
  entry.seq = ++last_seq_;
  entry.first_seq = entry.seq;
  entry.time_ms = time_.wall_ms();
  store_.append(id_, std::move(entry), guard_write(std::move(done), gate_appends_));
  return last_seq_;
}

void StoredRoom::compact(storage::Seq upto, Bytes snapshot, Completion<void> done) {
  store_.compact(id_, upto, std::move(snapshot), guard_write(std::move(done), false));
}

}  // namespace runnel::room
