#include "runnel/storage/loop_store.h"

#include <utility>

namespace runnel::storage {

namespace {

// What an operation takes beside its payload, roughly.
constexpr std::size_t kOperationBytes = 256;

// The answer of a read on its way back to the loop.
template <class T>
Task deliver(Completion<T> done, Result<T> answer) {
  return [done = std::move(done), answer = std::move(answer)]() mutable {
    if (done) done(std::move(answer));
  };
}

// What the reader says, or why there is none.
template <class T, class Read>
Result<T> answer(const Result<StoreReader*>& reader, const Read& read) {
  if (!reader) return std::unexpected(reader.error());
  return read(**reader);
}

}  // namespace

LoopStore::LoopStore(std::shared_ptr<SqliteStore> store, Executor& loop)
    : store_(std::move(store)), loop_(loop), port_(std::make_shared<LoopPort>(loop)) {
  batch_.port = port_;
}

LoopStore::~LoopStore() {
  if (!batch_.operations.empty()) store_->enqueue(take_batch());
  port_->detach();
}

void LoopStore::add(SqliteStore::Operation operation, std::size_t bytes) {
  if (batch_.operations.empty()) {
    // The port knows whether this store is still there when the turn ends.
    loop_.at_turn_end([this, port = port_] {
      if (port->is_attached()) flush();
    });
  }
  batch_.bytes += bytes;
  batch_.operations.push_back(std::move(operation));
}

SqliteStore::LoopBatch LoopStore::take_batch() {
  SqliteStore::LoopBatch full;
  full.port = port_;
  std::swap(full, batch_);
  return full;
}

void LoopStore::flush() {
  if (batch_.operations.empty()) return;
  SqliteStore::LoopBatch full = take_batch();
  auto outcomes = store_->commit_here(full);
  if (outcomes) {
    // May destroy this.
    SqliteStore::answer_here(std::move(*outcomes));
  } else {
    store_->enqueue(std::move(full));
  }
}

void LoopStore::write(WriteFunction run, Completion<void> done, std::size_t bytes) {
  add(SqliteStore::Write{.room = {}, .run = std::move(run), .done = std::move(done)},
      store_->reserve(bytes + kOperationBytes) ? bytes + kOperationBytes : 0);
}

template <class T, class Read>
void LoopStore::read(Read read, Completion<T> done) {
  SqliteStore::Read operation;
  operation.prepare = [read = std::move(read),
                       done = std::move(done)](StoreEngine& /*engine*/) mutable {
    return SqliteStore::ReadTask([read = std::move(read), done = std::move(done)](
                                     const Result<StoreReader*>& reader) mutable {
      return deliver<T>(std::move(done), answer<T>(reader, read));
    });
  };
  add(std::move(operation), 0);
}

void LoopStore::load(const RoomId& room, Completion<RoomRecord> done) {
  SqliteStore::Read operation;
  operation.log_room = room;
  operation.prepare = [room, done = std::move(done)](StoreEngine& engine) mutable {
    engine.mend(room);
    return SqliteStore::ReadTask([room, pending = engine.pending(room), done = std::move(done)](
                                     const Result<StoreReader*>& reader) mutable {
      return deliver<RoomRecord>(
          std::move(done),
          answer<RoomRecord>(reader, [&room, &pending](StoreReader& open) -> Result<RoomRecord> {
            if (!pending) return std::unexpected(pending.error());
            return open.load(room, *pending);
          }));
    });
  };
  add(std::move(operation), 0);
}

void LoopStore::append(const RoomId& room, LogEntry entry, Completion<void> committed) {
  std::size_t bytes = entry.update.size() + kOperationBytes;
  const bool refused = !store_->reserve(bytes);
  if (refused) {
    bytes = 0;
    Bytes().swap(entry.update);
  }
  add(SqliteStore::Append{.room = room,
                          .entry = std::move(entry),
                          .done = std::move(committed),
                          .refused = refused},
      bytes);
}

void LoopStore::set_durable_listener(DurableListener listener) {
  port_->durable_listener = std::move(listener);
}

void LoopStore::compact(const RoomId& room, Seq upto, Bytes snapshot, Completion<void> done) {
  const std::size_t bytes = snapshot.size() + kOperationBytes;
  const bool reserved = store_->reserve(bytes);
  SqliteStore::Write operation;
  operation.room = room;
  operation.run = [room, upto, snapshot = std::move(snapshot),
                   &time = store_->time_](StoreEngine& engine) {
    return engine.compact(room, upto, snapshot, time.wall_ms());
  };
  operation.done = std::move(done);
  add(std::move(operation), reserved ? bytes : 0);
}

void LoopStore::release(const RoomId& room) {
  write([room](StoreEngine& engine) { return engine.release(room); }, nullptr, 0);
}

void LoopStore::remove(const RoomId& room, Completion<void> done) {
  write([room](StoreEngine& engine) { return engine.remove(room); }, std::move(done), 0);
}

void LoopStore::revive(const RoomId& room, Completion<void> done) {
  write([room](StoreEngine& engine) { return engine.revive(room); }, std::move(done), 0);
}

void LoopStore::list(RoomFilter filter, Completion<RoomPage> done) {
  SqliteStore::Read operation;
  operation.prepare = [filter = std::move(filter),
                       done = std::move(done)](StoreEngine& engine) mutable {
    return SqliteStore::ReadTask(
        [filter = std::move(filter), sizes = engine.pending_sizes(),
         done = std::move(done)](const Result<StoreReader*>& reader) mutable {
          return deliver<RoomPage>(
              std::move(done),
              answer<RoomPage>(reader, [&filter, &sizes](StoreReader& open) -> Result<RoomPage> {
                if (!sizes) return std::unexpected(sizes.error());
                return open.list(filter, *sizes);
              }));
        });
  };
  add(std::move(operation), 0);
}

void LoopStore::kv_get(const RoomId& room, std::string key, Completion<std::optional<Bytes>> done) {
  read([room, key = std::move(key)](StoreReader& reader) { return reader.kv_get(room, key); },
       std::move(done));
}

void LoopStore::kv_list(const RoomId& room, KvRange range, Completion<std::vector<KvPair>> done) {
  read(
      [room, range = std::move(range)](StoreReader& reader) { return reader.kv_list(room, range); },
      std::move(done));
}

void LoopStore::kv_write(const RoomId& room, std::vector<KvChange> changes, Completion<void> done) {
  std::size_t bytes = 0;
  for (const KvChange& change : changes) {
    bytes += change.key.size() + (change.value ? change.value->size() : 0);
  }
  write([room, changes = std::move(changes)](
            StoreEngine& engine) { return engine.kv_write(room, changes); },
        std::move(done), bytes);
}

void LoopStore::kv_delete_all(const RoomId& room, Completion<void> done) {
  write([room](StoreEngine& engine) { return engine.kv_delete_all(room); }, std::move(done), 0);
}

void LoopStore::set_alarm(const RoomId& room, std::optional<std::int64_t> alarm_ms,
                          Completion<void> done) {
  write([room, alarm_ms](StoreEngine& engine) { return engine.set_alarm(room, alarm_ms); },
        std::move(done), 0);
}

void LoopStore::alarms(std::int64_t until_ms, std::size_t limit,
                       Completion<std::vector<DueAlarm>> done) {
  read([until_ms, limit](StoreReader& reader) { return reader.alarms(until_ms, limit); },
       std::move(done));
}

void LoopStore::put_record(Record record, Completion<void> done) {
  const std::size_t bytes = record.value.size();
  write([record = std::move(record)](StoreEngine& engine) { return engine.put_record(record); },
        std::move(done), bytes);
}

void LoopStore::erase_record(std::string kind, std::string key, Completion<void> done) {
  write([kind = std::move(kind),
         key = std::move(key)](StoreEngine& engine) { return engine.erase_record(kind, key); },
        std::move(done), 0);
}

void LoopStore::get_record(std::string kind, std::string key,
                           Completion<std::optional<Record>> done) {
  read([kind = std::move(kind), key = std::move(key), now_ms = store_->time_.wall_ms()](
           StoreReader& reader) { return reader.get_record(kind, key, now_ms); },
       std::move(done));
}

void LoopStore::list_records(std::string kind, Completion<std::vector<Record>> done) {
  read([kind = std::move(kind), now_ms = store_->time_.wall_ms()](
           StoreReader& reader) { return reader.list_records(kind, now_ms); },
       std::move(done));
}

}  // namespace runnel::storage
