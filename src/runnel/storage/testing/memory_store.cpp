#include "runnel/storage/testing/memory_store.h"

#include <utility>

namespace runnel::storage {

void MemoryStore::later(Task operation) {
  // What is under way when the store goes is lost, as in a process that is killed.
  auto task = [alive = std::weak_ptr(alive_), operation = std::move(operation)]() mutable {
    if (alive.lock()) operation();
  };
  if (held_) {
    held_tasks_.push_back(std::move(task));
  } else {
    loop_.post(std::move(task));
  }
}

void MemoryStore::hold(bool held) {
  held_ = held;
  if (held) return;
  for (Task& task : std::exchange(held_tasks_, {})) loop_.post(std::move(task));
}

void MemoryStore::hold_durable(bool held) {
  durable_held_ = held;
  if (!held) later([this] { report_durable(); });
}

void MemoryStore::report_durable() {
  if (durable_held_) return;
  const auto rooms = std::exchange(not_yet_durable_, {});
  if (!durable_listener_) return;
  for (const auto& [room, seq] : rooms) durable_listener_(room, seq);
}

void MemoryStore::write(Completion<void> done, std::move_only_function<Result<void>()> change) {
  later([done = std::move(done), change = std::move(change)]() mutable {
    Result<void> outcome = change();
    if (done) done(std::move(outcome));
  });
}

void MemoryStore::load(const RoomId& room, Completion<RoomRecord> done) {
  later([this, room, done = std::move(done)]() mutable { done(model_.load(room)); });
}

void MemoryStore::append(const RoomId& room, LogEntry entry, Completion<void> committed) {
  write(std::move(committed), [this, room, entry = std::move(entry)]() mutable -> Result<void> {
    const Seq seq = entry.seq;
    if (failing_) {
      model_.break_room(room);
      return fail(Errc::Unavailable, "append to room " + room.external_name() + ": disk is full");
    }
    RUNNEL_TRY_VOID(model_.append(room, std::move(entry)));
    not_yet_durable_[room] = seq;
    later([this] { report_durable(); });
    return {};
  });
}

void MemoryStore::set_durable_listener(DurableListener listener) {
  durable_listener_ = std::move(listener);
}

void MemoryStore::compact(const RoomId& room, Seq upto, Bytes snapshot, Completion<void> done) {
  write(std::move(done),
        [this, room, upto, snapshot = std::move(snapshot)]() mutable -> Result<void> {
          if (failing_) {
            model_.break_room(room);
            return fail(Errc::Unavailable,
                        "compact room " + room.external_name() + ": disk is full");
          }
          return model_.compact(room, upto, std::move(snapshot), time_.wall_ms());
        });
}

void MemoryStore::release(const RoomId& room) { released_.push_back(room); }

void MemoryStore::remove(const RoomId& room, Completion<void> done) {
  write(std::move(done), [this, room]() -> Result<void> {
    if (failing_) return fail(Errc::Unavailable, "remove a room: disk is full");
    model_.remove(room);
    return {};
  });
}

void MemoryStore::revive(const RoomId& room, Completion<void> done) {
  write(std::move(done), [this, room]() -> Result<void> {
    if (failing_) return fail(Errc::Unavailable, "revive a room: disk is full");
    model_.revive(room);
    return {};
  });
}

void MemoryStore::list(RoomFilter filter, Completion<RoomPage> done) {
  later([this, filter = std::move(filter), done = std::move(done)]() mutable {
    done(model_.list(filter));
  });
}

void MemoryStore::kv_get(const RoomId& room, std::string key,
                         Completion<std::optional<Bytes>> done) {
  later([this, room, key = std::move(key), done = std::move(done)]() mutable {
    done(model_.kv_get(room, key));
  });
}

void MemoryStore::kv_list(const RoomId& room, KvRange range, Completion<std::vector<KvPair>> done) {
  later([this, room, range = std::move(range), done = std::move(done)]() mutable {
    done(model_.kv_list(room, range));
  });
}

void MemoryStore::kv_write(const RoomId& room, std::vector<KvChange> changes,
                           Completion<void> done) {
  write(std::move(done), [this, room, changes = std::move(changes)]() mutable -> Result<void> {
    if (failing_) return fail(Errc::Unavailable, "write key-value: disk is full");
    return model_.kv_write(room, std::move(changes));
  });
}

void MemoryStore::kv_delete_all(const RoomId& room, Completion<void> done) {
  write(std::move(done), [this, room]() -> Result<void> {
    if (failing_) return fail(Errc::Unavailable, "delete key-value: disk is full");
    model_.kv_delete_all(room);
    return {};
  });
}

void MemoryStore::set_alarm(const RoomId& room, std::optional<std::int64_t> alarm_ms,
                            Completion<void> done) {
  write(std::move(done), [this, room, alarm_ms]() -> Result<void> {
    if (failing_) return fail(Errc::Unavailable, "set an alarm: disk is full");
    return model_.set_alarm(room, alarm_ms);
  });
}

void MemoryStore::alarms(std::int64_t until_ms, std::size_t limit,
                         Completion<std::vector<DueAlarm>> done) {
  later([this, until_ms, limit, done = std::move(done)]() mutable {
    done(model_.alarms(until_ms, limit));
  });
}

void MemoryStore::put_record(Record record, Completion<void> done) {
  write(std::move(done), [this, record = std::move(record)]() mutable -> Result<void> {
    if (failing_) return fail(Errc::Unavailable, "put a record: disk is full");
    model_.put_record(std::move(record));
    return {};
  });
}

void MemoryStore::erase_record(std::string kind, std::string key, Completion<void> done) {
  write(std::move(done), [this, kind = std::move(kind), key = std::move(key)]() -> Result<void> {
    if (failing_) return fail(Errc::Unavailable, "erase a record: disk is full");
    model_.erase_record(kind, key);
    return {};
  });
}

void MemoryStore::get_record(std::string kind, std::string key,
                             Completion<std::optional<Record>> done) {
  later([this, kind = std::move(kind), key = std::move(key), done = std::move(done)]() mutable {
    done(model_.get_record(kind, key, time_.wall_ms()));
  });
}

void MemoryStore::list_records(std::string kind, Completion<std::vector<Record>> done) {
  later([this, kind = std::move(kind), done = std::move(done)]() mutable {
    done(model_.list_records(kind, time_.wall_ms()));
  });
}

}  // namespace runnel::storage
