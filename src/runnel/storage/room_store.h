// RoomStore: what a room keeps on disk, as the loop that owns the room sees it. One RoomStore per
// event loop, all of them in front of one writer; completions run on the loop that asked, in the
// order in which it asked for the same room.
//
// Storage sees opaque bytes: what an update means and how updates merge is passed in
// (StoreOptions). The interface is narrow on purpose: log, snapshot, key-value, alarm and small
// records are all that a store on PostgreSQL has to offer too.
#pragma once

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace runnel::storage {

// Position in a room's log: 1 for the first entry, then without gaps. 0 means "nothing".
using Seq = std::uint64_t;

template <class T>
using Completion = std::move_only_function<void(Result<T>)>;

// One update as it was logged. In history mode every entry keeps when it came and from whom.
struct LogEntry {
  Seq seq{0};
  std::int64_t time_ms{0};  // wall time
  std::string author;       // user id of the connection's identity; empty when anonymous or merged
  Bytes update;             // opaque

  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

enum class RoomState : std::uint8_t {
  Absent,  // never written
  Present,
  Deleted,  // a tombstone: refused (410, 4404) until it is created again on purpose
};

// All that is stored of a room's document.
struct RoomRecord {
  RoomState state{RoomState::Absent};
  Seq snapshot_seq{0};                   // the snapshot covers the entries up to here
  Bytes snapshot;                        // opaque; empty when snapshot_seq is 0
  std::vector<LogEntry> tail;            // entries after the snapshot, ascending, without gaps
  Seq last_seq{0};                       // of the last entry, or snapshot_seq
  std::optional<std::int64_t> alarm_ms;  // wall time
};

struct RoomSummary {
  RoomId id;
  RoomState state{RoomState::Present};
  std::uint64_t snapshot_bytes{0};
  std::uint64_t log_bytes{0};
  std::uint64_t log_entries{0};
  Seq last_seq{0};
  std::int64_t updated_ms{0};  // wall time of the last write
};

struct RoomPage {
  std::vector<RoomSummary> rooms;  // ordered by (party, name)
  bool more{false};
};

struct RoomFilter {
  std::string name_contains;    // empty: all
  std::optional<RoomId> after;  // exclusive start of the page
  std::size_t limit{100};
  bool with_deleted{false};
};

// A change to a room's key-value store; no value deletes the key.
struct KvChange {
  std::string key;
  std::optional<Bytes> value;
};

// Keys ordered by their UTF-8 bytes; `end` is exclusive, an empty `end` is open.
struct KvRange {
  std::string start;
  std::string end;
  std::string prefix;
  bool reverse{false};
  std::size_t limit{SIZE_MAX};
};

struct KvPair {
  std::string key;
  Bytes value;
};

struct DueAlarm {
  RoomId room;
  std::int64_t alarm_ms{0};
};

// A small durable row that belongs to no room's document: verdicts (kind "verdict"), saves that
// wait for the backend (kind "outbox").
struct Record {
  std::string kind;
  std::string key;
  Bytes value;
  std::int64_t expires_ms{0};  // wall time; 0: never
};

class RoomStore {
 public:
  RoomStore() = default;
  RoomStore(const RoomStore&) = delete;
  RoomStore& operator=(const RoomStore&) = delete;
  RoomStore(RoomStore&&) = delete;
  RoomStore& operator=(RoomStore&&) = delete;
  virtual ~RoomStore() = default;

  virtual void load(const RoomId& room, Completion<RoomRecord> done) = 0;

  // Appends one entry; `entry.seq` is the room's last_seq + 1. `committed` runs once the entry
  // survives the process (storage.durability "fast" and "gate") or the machine ("strict"). After an
  // error the room's log ends before this entry, and every later append of the room fails too until
  // it is loaded again.
  virtual void append(const RoomId& room, LogEntry entry, Completion<void> committed) = 0;

  // Called on this loop, at most once per fsync, with rooms whose entries up to `seq` survive the
  // machine. One listener per RoomStore.
  using DurableListener = std::function<void(const RoomId& room, Seq seq)>;
  virtual void set_durable_listener(DurableListener listener) = 0;

  // Replaces everything up to `upto` by `snapshot`, which covers it. Entries after `upto` stay.
  virtual void compact(const RoomId& room, Seq upto, Bytes snapshot, Completion<void> done) = 0;

  // Leaves a tombstone and deletes log, snapshot, key-value and alarm.
  virtual void remove(const RoomId& room, Completion<void> done) = 0;

  // Turns a tombstone back into an absent room.
  virtual void revive(const RoomId& room, Completion<void> done) = 0;

  virtual void list(RoomFilter filter, Completion<RoomPage> done) = 0;

  virtual void kv_get(const RoomId& room, std::string key,
                      Completion<std::optional<Bytes>> done) = 0;
  virtual void kv_list(const RoomId& room, KvRange range, Completion<std::vector<KvPair>> done) = 0;

  // All changes or none.
  virtual void kv_write(const RoomId& room, std::vector<KvChange> changes,
                        Completion<void> done) = 0;

  // Deletes all keys; the alarm stays, as PartyKit has it.
  virtual void kv_delete_all(const RoomId& room, Completion<void> done) = 0;

  // Sets or clears the room's one alarm (wall time).
  virtual void set_alarm(const RoomId& room, std::optional<std::int64_t> alarm_ms,
                         Completion<void> done) = 0;

  // Alarms due up to `until_ms`, earliest first.
  virtual void alarms(std::int64_t until_ms, std::size_t limit,
                      Completion<std::vector<DueAlarm>> done) = 0;

  virtual void put_record(Record record, Completion<void> done) = 0;
  virtual void erase_record(std::string kind, std::string key, Completion<void> done) = 0;
  virtual void get_record(std::string kind, std::string key,
                          Completion<std::optional<Record>> done) = 0;

  // Records of a kind ordered by key, expired ones left out.
  virtual void list_records(std::string kind, Completion<std::vector<Record>> done) = 0;
};

// How updates merge; given by server/ (ycpp's compact merge), so that folding understands nothing.
// Runs on the storage thread. Never fails on bytes that the room itself has logged.
using MergeUpdates = std::function<Result<Bytes>(const std::vector<ByteView>& updates)>;

}  // namespace runnel::storage
