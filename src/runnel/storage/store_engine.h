// The writing half of the SQLite store: one connection, the journal, folding, and what is known in
// memory. Synchronous and single-threaded; SqliteStore feeds it from the loops.
//
// A batch: begin(), any number of writes, commit(). A write that is refused (Conflict, Denied,
// LimitExceeded) has changed nothing and the batch goes on. After a failure of the database the
// whole batch is lost: failed() says so, rollback() reads the memory anew from the database, and
// the caller breaks the rooms that had written.
#pragma once

#include "runnel/storage/database.h"
#include "runnel/storage/engine_statements.h"
#include "runnel/storage/metrics.h"
#include "runnel/storage/pending_buffers.h"
#include "runnel/storage/room_index.h"
#include "runnel/storage/room_store.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace runnel::storage {

// The journal is in memory too and is read when a store opens that was not closed, so it has a
// bound. Only more than a megabyte a second reaches it, since entries leave the journal after a
// minute anyway. What a fold costs hardly depends on its size, and one of 1 to 4 KB costs most:
// about five pages, where a larger one goes to overflow pages of its own. With 10,000 rooms 32 MB
// took 1.7 times the CPU an update (docs/decisions/0004).
constexpr std::size_t kJournalBytesMax = std::size_t{64} * 1024 * 1024;

struct EngineOptions {
  std::string path;                                 // of the database file
  std::string vfs;                                  // empty: the operating system's files
  std::size_t journal_bytes_max{kJournalBytesMax};  // above this the oldest rooms are folded
  MergeUpdates merge;                               // may be empty: nothing is merged then
};

// The entries of a room that are in no chunk yet, for a reader to put behind what it finds.
struct PendingEntries {
  std::int64_t row{0};
  Seq first_seq{0};
  Bytes entries;  // without CRC
};

// How much of a room is in no chunk yet, for the list of rooms.
struct PendingSize {
  std::int64_t row{0};
  Seq last_seq{0};
  std::int64_t entries{0};
  std::size_t bytes{0};
  std::int64_t updated_ms{0};
};

class StoreEngine {
 public:
  // Opens or creates the database and reads the journal. Corrupt or Conflict with the file and the
  // next step when it is damaged or newer.
  static Result<std::unique_ptr<StoreEngine>> open(EngineOptions options, StoreMetrics& metrics);

  Result<void> begin(std::int64_t steady_ms);
  Result<void> commit();
  void rollback();

  // Whether the database failed in the present batch.
  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }

  // An fsync of SQLite's own failed at some time: nothing may be called durable any more.
  [[nodiscard]] bool sync_failed() const { return sync_failed_; }

  // The rooms as memory has them, null for one that it has not; valid until the next begin() or
  // rollback(). At most RoomIndex::kFindBatch.
  void find_known(std::span<const RoomId* const> ids, std::span<Room*> rooms) const {
    index_.find_all(ids, rooms);
  }

  // The room as the index keeps it, valid as long; `known` is what find_known() said of it, if it
  // was asked.
  Result<Room*> append(const RoomId& id, const LogEntry& entry, Room* known = nullptr);
  Result<void> compact(const RoomId& id, Seq upto, ByteView snapshot, std::int64_t wall_ms);
  Result<void> release(const RoomId& id);
  Result<void> remove(const RoomId& id);
  Result<void> revive(const RoomId& id);
  Result<void> kv_write(const RoomId& id, const std::vector<KvChange>& changes);
  Result<void> kv_delete_all(const RoomId& id);
  Result<void> set_alarm(const RoomId& id, std::optional<std::int64_t> alarm_ms);
  Result<void> put_record(const Record& record);
  Result<void> erase_record(const std::string& kind, const std::string& key);
  Result<void> erase_expired_records(std::int64_t wall_ms);

  // Folds rooms whose oldest journal row was written before `before_ms` (steady), at most `limit`.
  Result<void> fold_older(std::int64_t before_ms, std::size_t limit);

  // From now on writes to the room's log fail, until mend().
  void break_room(const RoomId& id);
  void mend(const RoomId& id);

  // The row that the next new room gets; all present rooms have lower ones.
  [[nodiscard]] std::int64_t next_room() const { return next_room_; }

  // Committed entries that are not folded; only between batches. An error when a failed disk keeps
  // memory from being rebuilt: an answer without these entries would be less than what is stored.
  Result<std::optional<PendingEntries>> pending(const RoomId& id);
  Result<std::vector<PendingSize>> pending_sizes();

  // Copies the WAL into the database file; `truncate` for the end, when no reader is left.
  Result<void> checkpoint(bool truncate);

  // In the WAL and not known to be in the database file yet.
  [[nodiscard]] int wal_pages() const { return *wal_pages_; }

 private:
  StoreEngine(EngineOptions options, StoreMetrics& metrics, Database database,
              EngineStatements sql);

  // What a SQL statement answered, remembered when it failed.
  Result<void> note(Result<void> outcome);

  // An error of the database while something was looked up.
  std::unexpected<Error> note_error(Error error);

  Result<void> rebuild();
  Result<void> replay_row(std::int64_t journal_id, ByteView row);
  Result<void> replay_entry(std::int64_t journal_id, std::int64_t room_row, Seq seq,
                            ByteView encoded, std::int64_t time_ms);
  Result<Room*> room_by_row(std::int64_t row);

  // Looks the room up in memory, then in the database; row 0 when it is absent.
  Result<Room*> find(const RoomId& id);
  Result<void> read_positions(Room& room);
  Result<Room*> writable(const RoomId& id, Room* known = nullptr);
  Result<Room*> writable_log(const RoomId& id, Room* known = nullptr);
  Result<void> create_row(Room& room, bool deleted);

  void add_pending(Room& room, ByteView encoded, std::int64_t time_ms, std::int64_t journal_id);
  Result<void> drop_pending(Room& room, Seq upto);
  void clear_pending(Room& room);

  Result<void> write_journal_row();
  Result<void> fold(Room& room);
  Result<void> consolidate(Room& room);
  Result<void> renumber_chunks(Room& room);
  Result<void> fold_excess();
  Result<void> trim_journal();
  Result<void> delete_content(const Room& room);
  void forget_released();
  void publish_gauges();

  struct JournalRow {
    std::int64_t id;
    std::size_t bytes;
  };

  EngineOptions options_;
  StoreMetrics& metrics_;
  Database database_;
  EngineStatements sql_;
  std::unique_ptr<int> wal_pages_;  // its address is known to SQLite
  RoomIndex index_;
  PendingBuffers buffers_;
  std::vector<std::shared_ptr<const RoomId>> released_;  // forgotten when the next batch begins
  std::unordered_set<RoomId> broken_;
  std::optional<Error> failed_;
  bool sync_failed_{false};
  bool in_batch_{false};
  bool stale_{false};  // memory could not be rebuilt after a failure; tried again when it is needed

  std::deque<JournalRow> journal_;
  std::size_t journal_bytes_{0};
  std::int64_t steady_ms_{0};  // when the present batch began
  std::int64_t next_journal_{1};
  std::int64_t next_room_{1};
  Bytes journal_row_;                                 // of the present batch
  Bytes encoded_;                                     // reused
  std::unordered_map<std::int64_t, Room*> replayed_;  // during rebuild only
};

}  // namespace runnel::storage
