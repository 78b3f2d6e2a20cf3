// The RoomStore of one event loop: collects what its rooms ask for during a turn and hands it to
// the writer at the turn's end, or commits it then and there while the writer has nothing to do.
#pragma once

#include "runnel/storage/sqlite_store.h"

#include <memory>

namespace runnel::storage {

class LoopStore final : public RoomStore {
 public:
  LoopStore(std::shared_ptr<SqliteStore> store, Executor& loop);
  LoopStore(const LoopStore&) = delete;
  LoopStore& operator=(const LoopStore&) = delete;
  LoopStore(LoopStore&&) = delete;
  LoopStore& operator=(LoopStore&&) = delete;
  ~LoopStore() override;

  void load(const RoomId& room, Completion<RoomRecord> done) override;
  void append(const RoomId& room, LogEntry entry, Completion<void> committed) override;
  void set_durable_listener(DurableListener listener) override;
  void compact(const RoomId& room, Seq upto, Bytes snapshot, Completion<void> done) override;
  void release(const RoomId& room) override;
  void remove(const RoomId& room, Completion<void> done) override;
  void revive(const RoomId& room, Completion<void> done) override;
  void list(RoomFilter filter, Completion<RoomPage> done) override;
  void kv_get(const RoomId& room, std::string key, Completion<std::optional<Bytes>> done) override;
  void kv_list(const RoomId& room, KvRange range, Completion<std::vector<KvPair>> done) override;
  void kv_write(const RoomId& room, std::vector<KvChange> changes, Completion<void> done) override;
  void kv_delete_all(const RoomId& room, Completion<void> done) override;
  void set_alarm(const RoomId& room, std::optional<std::int64_t> alarm_ms,
                 Completion<void> done) override;
  void alarms(std::int64_t until_ms, std::size_t limit,
              Completion<std::vector<DueAlarm>> done) override;
  void put_record(Record record, Completion<void> done) override;
  void erase_record(std::string kind, std::string key, Completion<void> done) override;
  void get_record(std::string kind, std::string key,
                  Completion<std::optional<Record>> done) override;
  void list_records(std::string kind, Completion<std::vector<Record>> done) override;

 private:
  using WriteFunction = std::move_only_function<Result<void>(StoreEngine&)>;

  void add(SqliteStore::Operation operation, std::size_t bytes);
  void write(WriteFunction run, Completion<void> done, std::size_t bytes);
  void flush();
  SqliteStore::LoopBatch take_batch();

  // `read` runs on the reader and returns a Result<T>, which goes to `done`.
  template <class T, class Read>
  void read(Read read, Completion<T> done);

  std::shared_ptr<SqliteStore> store_;
  Executor& loop_;
  std::shared_ptr<LoopPort> port_;
  SqliteStore::LoopBatch batch_;  // of the present turn
};

}  // namespace runnel::storage
