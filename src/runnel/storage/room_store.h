// RoomStore: what a room keeps on disk, as the loop that owns the room sees it. One RoomStore per
// event loop, all of them in front of one writer; a completion runs on the loop that asked, never
// before the call that asked has returned.
//
// Order: the writes of one RoomStore complete in the order in which they were asked for, and so do
// its reads. A read sees every write that was asked for before it, and perhaps later ones.
//
// Storage sees opaque bytes: what an update means and how updates merge is passed in
// (MergeUpdates). The interface is narrow on purpose: log, snapshot, key-value, alarm and small
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

// One update as it was logged.
struct LogEntry {
  Seq seq{0};
  // First position that the entry stands for; differs from `seq` when entries were merged while
  // folding. append() ignores it and stores `seq`.
  Seq first_seq{0};
  std::int64_t time_ms{0};  // wall time
  std::string author;       // user id of the connection's identity; empty when anonymous or merged
  // History mode: the entry stays on its own with time and author, and is never merged with others.
  bool keep{false};
  Bytes update;  // opaque

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
  Seq snapshot_seq{0};  // the snapshot covers the entries up to here
  Bytes snapshot;       // opaque; empty when snapshot_seq is 0
  // Entries after the snapshot, ascending, without gaps. The first may begin at or before
  // `snapshot_seq` when it was merged across that position: updates are idempotent.
  std::vector<LogEntry> tail;
  Seq last_seq{0};                       // of the last entry, or snapshot_seq
  std::optional<std::int64_t> alarm_ms;  // wall time

  friend bool operator==(const RoomRecord&, const RoomRecord&) = default;
};

struct RoomSummary {
  RoomId id;
  RoomState state{RoomState::Present};
  std::uint64_t snapshot_bytes{0};
  std::uint64_t log_bytes{0};
  std::uint64_t log_entries{0};
  Seq last_seq{0};
  std::int64_t updated_ms{0};  // wall time of the last write to log or snapshot; 0: never

  friend bool operator==(const RoomSummary&, const RoomSummary&) = default;
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

// Bounds of the key-value store, those of PartyKit: the value's 34 bytes of slack are what a
// structured clone of the largest allowed string needs.
inline constexpr std::size_t kKvKeyBytesMax = 2048;
inline constexpr std::size_t kKvValueBytesMax = 131'072 + 34;

// A change to a room's key-value store; no value deletes the key. The empty key is a key.
struct KvChange {
  std::string key;
  std::optional<Bytes> value;
};

// Keys ordered by their UTF-8 bytes; `end` is exclusive, an empty `end` is open. All conditions
// hold together; `reverse` starts at the last key. A start after a key is that key plus a zero
// byte.
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

  friend bool operator==(const KvPair&, const KvPair&) = default;
};

struct DueAlarm {
  RoomId room;
  std::int64_t alarm_ms{0};

  friend bool operator==(const DueAlarm&, const DueAlarm&) = default;
};

// A small durable row that belongs to no room's document: verdicts (kind "verdict"), saves that
// wait for the backend (kind "outbox").
struct Record {
  std::string kind;
  std::string key;
  Bytes value;
  std::int64_t expires_ms{0};  // wall time; 0: never

  friend bool operator==(const Record&, const Record&) = default;
};

class RoomStore {
 public:
  RoomStore() = default;
  RoomStore(const RoomStore&) = delete;
  RoomStore& operator=(const RoomStore&) = delete;
  RoomStore(RoomStore&&) = delete;
  RoomStore& operator=(RoomStore&&) = delete;
  virtual ~RoomStore() = default;

  // Everything in the answer survives the machine: a load of a room that was written to a moment
  // ago waits for the fsync. Corrupt when what is stored of the room is damaged; never less than
  // what is stored.
  virtual void load(const RoomId& room, Completion<RoomRecord> done) = 0;

  // Appends one entry; `entry.seq` is the room's last_seq + 1. `committed` runs once the entry
  // survives the process (storage.durability "fast" and "gate") or the machine ("strict"). After an
  // error the room's log ends before this entry, and every later write to the room's log fails too
  // until it is loaded again. Conflict when `seq` does not follow, Denied on a deleted room,
  // Unavailable when the disk failed or is full.
  virtual void append(const RoomId& room, LogEntry entry, Completion<void> committed) = 0;

  // Called on this loop, at most once per fsync and room, for rooms that this store appended to:
  // their entries up to `seq` survive the machine. One listener per RoomStore.
  using DurableListener = std::function<void(const RoomId& room, Seq seq)>;
  virtual void set_durable_listener(DurableListener listener) = 0;

  // Replaces everything up to `upto` by `snapshot`, which covers it. Entries after `upto` stay.
  // `upto` lies between the present snapshot_seq and last_seq, appends that have not completed yet
  // included; Conflict otherwise.
  virtual void compact(const RoomId& room, Seq upto, Bytes snapshot, Completion<void> done) = 0;

  // The caller has put the room away (evicted): it goes to rest on disk and costs no memory.
  virtual void release(const RoomId& room) = 0;

  // Leaves a tombstone and deletes log, snapshot, key-value and alarm. An absent room gets a
  // tombstone too.
  virtual void remove(const RoomId& room, Completion<void> done) = 0;

  // Turns a tombstone back into an absent room; any other room is left as it is.
  virtual void revive(const RoomId& room, Completion<void> done) = 0;

  virtual void list(RoomFilter filter, Completion<RoomPage> done) = 0;

  virtual void kv_get(const RoomId& room, std::string key,
                      Completion<std::optional<Bytes>> done) = 0;
  virtual void kv_list(const RoomId& room, KvRange range, Completion<std::vector<KvPair>> done) = 0;

  // All changes or none, in their order. LimitExceeded over the bounds above; Denied on a deleted
  // room. An absent room becomes present.
  virtual void kv_write(const RoomId& room, std::vector<KvChange> changes,
                        Completion<void> done) = 0;

  // Deletes all keys; the alarm stays, as PartyKit has it.
  virtual void kv_delete_all(const RoomId& room, Completion<void> done) = 0;

  // Sets or clears the room's one alarm (wall time). Denied on a deleted room. An absent room
  // becomes present.
  virtual void set_alarm(const RoomId& room, std::optional<std::int64_t> alarm_ms,
                         Completion<void> done) = 0;

  // Alarms due up to `until_ms`, earliest first; those of the same instant in no order.
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
// Runs on the storage thread, one call at a time. Never fails on bytes that the room itself has
// logged; if it does, the entries stay as they are.
using MergeUpdates = std::function<Result<Bytes>(const std::vector<ByteView>& updates)>;

}  // namespace runnel::storage
