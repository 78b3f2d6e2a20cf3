// A RoomStore in memory for the tests of rooms: StoreModel behind an executor, with a switch for
// each thing that a disk can do to a room. The model outlives the store, so that a test can
// "restart the server" by making a new MemoryStore on the same model.
#pragma once

#include "runnel/storage/testing/store_model.h"

#include "base/executor.h"
#include "base/time_source.h"

#include <deque>
#include <map>
#include <memory>

namespace runnel::storage {

// One loop; `model`, `loop` and `time` outlive it.
class MemoryStore final : public RoomStore {
 public:
  MemoryStore(StoreModel& model, Executor& loop, const TimeSource& time)
      : model_(model), loop_(loop), time_(time) {}

  // From now on writes fail with Unavailable and break their rooms, as with a full disk.
  void set_failing(bool failing) { failing_ = failing; }

  // While held, nothing completes: the disk stalls. Letting go completes everything in order.
  void hold(bool held);

  // While held, commits complete but their entries do not become durable.
  void hold_durable(bool held);

  // Rooms released so far, in order.
  [[nodiscard]] const std::vector<RoomId>& released() const { return released_; }

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
  // Runs `operation` on the loop, in order, or when the hold is over.
  void later(Task operation);
  void write(Completion<void> done, std::move_only_function<Result<void>()> change);
  void report_durable();

  StoreModel& model_;
  Executor& loop_;
  const TimeSource& time_;
  DurableListener durable_listener_;
  std::map<RoomId, Seq> not_yet_durable_;
  std::deque<Task> held_tasks_;
  std::vector<RoomId> released_;
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
  bool failing_{false};
  bool held_{false};
  bool durable_held_{false};
};

}  // namespace runnel::storage
