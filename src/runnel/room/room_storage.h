// What a room keeps: its own key-value store, its one alarm and, for rooms with a document, a log
// and a snapshot. A view of storage::RoomStore for one room, with two promises on top:
//
// - Output gate: nothing that the room sends leaves before what it wrote earlier is committed
//   (appends do not count with durability "fast"; with "strict" committed means fsynced).
// - Input gate: while a `get` or `list` is under way, no other event reaches the handler, so that
//   read-modify-write needs no lock. What arrives waits in order in the room's bounded queue.
//
// A write that fails breaks the room: its connections are closed with 1011 and it is loaded again.
// Completions run on the room's loop and are dropped when the room is gone.
#pragma once

#include "runnel/storage/room_store.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace runnel::room {

template <class T>
using Completion = storage::Completion<T>;

class RoomStorage {
 public:
  RoomStorage() = default;
  RoomStorage(const RoomStorage&) = delete;
  RoomStorage& operator=(const RoomStorage&) = delete;
  RoomStorage(RoomStorage&&) = delete;
  RoomStorage& operator=(RoomStorage&&) = delete;
  virtual ~RoomStorage() = default;

  virtual void get(std::string key, Completion<std::optional<Bytes>> done) = 0;
  virtual void list(storage::KvRange range, Completion<std::vector<storage::KvPair>> done) = 0;

  // All changes or none. LimitExceeded when a key or value is over storage's bound; nothing is
  // written then and the room goes on. `done` may be null in all writes.
  virtual void write(std::vector<storage::KvChange> changes, Completion<void> done) = 0;
  virtual void delete_all(Completion<void> done) = 0;  // the alarm stays

  void put(std::string key, Bytes value, Completion<void> done = nullptr);
  void erase(std::string key, Completion<void> done = nullptr);

  // The room's one alarm, wall time in ms; a time that has passed fires at once. It survives a
  // restart and runs at least once. Null inside on_alarm unless set there anew.
  [[nodiscard]] virtual std::optional<std::int64_t> alarm() const = 0;
  virtual void set_alarm(std::int64_t wall_ms) = 0;
  virtual void delete_alarm() = 0;

  // The document's record as it was when the room opened. Moves it out: once, from on_start.
  [[nodiscard]] virtual storage::RoomRecord take_record() = 0;

  // Appends to the document's log; `seq` and `time_ms` are filled in. Returns the position that the
  // entry gets. `done` runs when it is committed, before the gate lets anything through.
  virtual storage::Seq append(storage::LogEntry entry, Completion<void> done) = 0;

  // Position of the last append, committed or not, and the last one that survives the machine.
  [[nodiscard]] virtual storage::Seq last_seq() const = 0;
  [[nodiscard]] virtual storage::Seq durable_seq() const = 0;

  // Replaces the log up to `upto` by a snapshot that covers it.
  virtual void compact(storage::Seq upto, Bytes snapshot, Completion<void> done) = 0;
};

}  // namespace runnel::room
