// StoredRoom: RoomStorage over a storage::RoomStore, for one Room. It counts the writes that the
// output gate waits for and the reads that hold the room's mailbox, and tells its owner when a
// write failed.
#pragma once

#include "runnel/room/output_gate.h"
#include "runnel/room/room_storage.h"

#include "base/executor.h"
#include "base/time_source.h"

#include <functional>
#include <memory>
#include <optional>

namespace runnel::room {

// What a StoredRoom reports to its Room.
class StoredRoomOwner {
 public:
  StoredRoomOwner() = default;
  StoredRoomOwner(const StoredRoomOwner&) = delete;
  StoredRoomOwner& operator=(const StoredRoomOwner&) = delete;
  StoredRoomOwner(StoredRoomOwner&&) = delete;
  StoredRoomOwner& operator=(StoredRoomOwner&&) = delete;

  // Runs `work` as one turn of the room: exceptions and failures are the room's.
  virtual void run_turn(Task work) = 0;
  virtual void write_failed(const Error& error) = 0;
  virtual void reads_finished() = 0;
  virtual void alarm_moved(std::optional<std::int64_t> alarm_ms) = 0;

 protected:
  ~StoredRoomOwner() = default;
};

class StoredRoom final : public RoomStorage {
 public:
  StoredRoom(const RoomId& id, storage::RoomStore& store, const TimeSource& time, OutputGate& gate,
             bool gate_appends, StoredRoomOwner& owner);

  // The record that the room was opened with.
  void set_record(storage::RoomRecord record);

  [[nodiscard]] bool is_reading() const noexcept { return reads_ > 0; }

  void set_durable(storage::Seq seq) noexcept { durable_seq_ = seq; }

  // The alarm begins to run: alarm() is null from here, while the store keeps it until it is over.
  void alarm_started();

  // It ran, or is given up: the store forgets it unless a new one was set meanwhile.
  void alarm_finished();

  // It is to run again at that time; unlike set_alarm this is not written.
  void alarm_retries(std::int64_t wall_ms) { alarm_ms_ = wall_ms; }

  void get(std::string key, Completion<std::optional<Bytes>> done) override;
  void list(storage::KvRange range, Completion<std::vector<storage::KvPair>> done) override;
  void write(std::vector<storage::KvChange> changes, Completion<void> done) override;
  void delete_all(Completion<void> done) override;

  [[nodiscard]] std::optional<std::int64_t> alarm() const override { return alarm_ms_; }

  void set_alarm(std::int64_t wall_ms) override;
  void delete_alarm() override;
  storage::RoomRecord take_record() override;
  storage::Seq append(storage::LogEntry entry, Completion<void> done) override;

  [[nodiscard]] storage::Seq last_seq() const override { return last_seq_; }

  [[nodiscard]] storage::Seq durable_seq() const override { return durable_seq_; }

  void compact(storage::Seq upto, Bytes snapshot, Completion<void> done) override;

 private:
  // Wraps a completion of the store: dropped when this is gone, run as a turn of the room.
  template <class T>
  storage::Completion<T> guard_read(Completion<T> done);
  storage::Completion<void> guard_write(Completion<void> done, bool gated);

  void finish_write(const Result<void>& outcome, Completion<void>& done, bool gated);
  void store_alarm(std::optional<std::int64_t> alarm_ms);

  const RoomId& id_;
  storage::RoomStore& store_;
  const TimeSource& time_;
  OutputGate& gate_;
  StoredRoomOwner& owner_;
  std::unique_ptr<storage::RoomRecord> record_;  // until it is taken
  std::optional<std::int64_t> alarm_ms_;
  storage::Seq last_seq_{0};
  storage::Seq durable_seq_{0};
  std::size_t reads_{0};
  bool gate_appends_;

  // Callbacks of the store hold it weakly: it dies with this.
  std::shared_ptr<StoredRoom*> self_;
};

}  // namespace runnel::room
