#include "runnel/storage/store_engine.h"

#include "runnel/storage/kv_limits.h"
#include "runnel/storage/log_codec.h"
#include "runnel/storage/schema.h"

#include "base/check.h"
#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace runnel::storage {

namespace {

// An update of this size goes into a chunk row at once: the journal would write it twice.
constexpr std::size_t kDirectBytes = std::size_t{64} * 1024;

// Rooms without pending entries that stay in memory, some 300 bytes each.
constexpr std::size_t kSettledRoomsMax = 32'768;

int remember_wal_pages(void* target, sqlite3* /*database*/, const char* /*name*/, int pages) {
  *static_cast<int*>(target) = pages;
  return SQLITE_OK;
}

}  // namespace

StoreEngine::StoreEngine(EngineOptions options, StoreMetrics& metrics, Database database,
                         EngineStatements sql)
    : options_(std::move(options)),
      metrics_(metrics),
      database_(std::move(database)),
      sql_(std::move(sql)),
      wal_pages_(std::make_unique<int>(0)) {}

Result<std::unique_ptr<StoreEngine>> StoreEngine::open(EngineOptions options,
                                                       StoreMetrics& metrics) {
  // NORMAL: the WAL is fsynced by a thread of its own, see durability.h; SQLite itself syncs around
  // checkpoints, which is what makes the reset of the WAL safe.
  Database database = RUNNEL_TRY(Database::open(
      {.path = options.path, .vfs = options.vfs, .full_sync = false, .auto_checkpoint = false}));
  RUNNEL_TRY_VOID(prepare_schema(database));
  // Whether the WAL may be copied when the store closes is decided in SqliteStore::close().
  sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  EngineStatements sql = RUNNEL_TRY(EngineStatements::prepare(database));
  std::unique_ptr<StoreEngine> engine(
      new StoreEngine(std::move(options), metrics, std::move(database), std::move(sql)));
  sqlite3_wal_hook(engine->database_.handle(), remember_wal_pages, engine->wal_pages_.get());
  RUNNEL_TRY_VOID(engine->rebuild());
  return engine;
}

Result<void> StoreEngine::note(Result<void> outcome) {
  if (!outcome) return note_error(outcome.error());
  return outcome;
}

std::unexpected<Error> StoreEngine::note_error(Error error) {
  if (database_.sync_failed()) sync_failed_ = true;
  if (!failed_) failed_ = error;
  return std::unexpected(std::move(error));
}

Result<void> StoreEngine::begin(std::int64_t steady_ms) {
  RUNNEL_CHECK(!in_batch_);
  failed_.reset();
  steady_ms_ = steady_ms;
  if (stale_) RUNNEL_TRY_VOID(note(rebuild()));
  forget_released();
  index_.trim_settled(kSettledRoomsMax);
  RUNNEL_TRY_VOID(note(sql_.begin.run()));
  in_batch_ = true;
  begin_row(journal_row_);
  return {};
}

Result<void> StoreEngine::commit() {
  RUNNEL_CHECK(in_batch_ && !failed_);
  RUNNEL_TRY_VOID(note(write_journal_row()));
  RUNNEL_TRY_VOID(fold_excess());
  RUNNEL_TRY_VOID(trim_journal());
  RUNNEL_TRY_VOID(note(sql_.commit.run()));
  in_batch_ = false;
  publish_gauges();
  return {};
}

void StoreEngine::rollback() {
  if (in_batch_ && sqlite3_get_autocommit(database_.handle()) == 0) {
    // Fails only when SQLite has rolled back on its own after an error of the disk.
    const auto ignored = database_.execute("ROLLBACK");
    static_cast<void>(ignored.has_value());
  }
  in_batch_ = false;
  if (!failed_) failed_ = Error{Errc::Unavailable, "the batch was rolled back"};
  stale_ = true;
  const auto rebuilt = rebuild();
  static_cast<void>(rebuilt.has_value());  // whoever needs it next tries again and reports
}

Result<Room*> StoreEngine::find(const RoomId& id) {
  if (Room* known = index_.find(id)) return known;
  Room room;
  room.id = std::make_shared<const RoomId>(id);
  sql_.room_by_id.bind_all(id.party, id.name);
  const Result<bool> row = sql_.room_by_id.step();
  if (!row) return note_error(row.error());
  if (*row) {
    room.row = sql_.room_by_id.integer(0);
    room.deleted = sql_.room_by_id.integer(1) != 0;
    sql_.room_by_id.reset();
    const Result<void> positions = read_positions(room);
    if (!positions) return note_error(positions.error());
  }
  return &index_.add(std::move(room));
}

Result<void> StoreEngine::read_positions(Room& room) {
  Statement& snapshot = sql_.snapshot_upto;
  snapshot.bind_all(room.row);
  const bool has_snapshot = RUNNEL_TRY(snapshot.step());
  if (has_snapshot) room.snapshot_seq = static_cast<Seq>(snapshot.integer(0));
  snapshot.reset();
  room.folded_seq = room.snapshot_seq;
  Statement& chunks = sql_.chunk_positions;
  const std::int64_t first = room.row * kChunksPerRoom;
  chunks.bind_all(first, first + kChunksPerRoom - 1);
  RUNNEL_TRY_VOID(chunks.step());
  room.chunks = chunks.integer(0);
  if (room.chunks > 0) {
    room.next_chunk = chunks.integer(1) - first + 1;
    room.folded_seq = std::max(room.folded_seq, static_cast<Seq>(chunks.integer(2)));
  }
  chunks.reset();
  room.last_seq = room.folded_seq;
  return {};
}

Result<Room*> StoreEngine::writable(const RoomId& id, Room* known) {
  Room* room = known;
  if (room == nullptr) room = RUNNEL_TRY(find(id));
  if (room->deleted) {
    return fail(Errc::Denied, "write to the deleted room " + id.external_name());
  }
  return room;
}

Result<Room*> StoreEngine::writable_log(const RoomId& id, Room* known) {
  if (!broken_.empty() && broken_.contains(id)) {
    return fail(Errc::Unavailable, "an earlier write to room " + id.external_name() +
                                       " failed; it has to be loaded again");
  }
  return writable(id, known);
}

Result<void> StoreEngine::create_row(Room& room, bool deleted) {
  RUNNEL_TRY_VOID(note(sql_.insert_room.run(next_room_, room.id->party, room.id->name, deleted)));
  room.row = next_room_++;
  room.deleted = deleted;
  if (!deleted) metrics_.rooms_stored.add(1);
  return {};
}

Result<Room*> StoreEngine::append(const RoomId& id, const LogEntry& entry, Room* known) {
  Room* room = RUNNEL_TRY(writable_log(id, known));
  if (entry.seq != room->last_seq + 1) {
    return fail(Errc::Conflict, "append entry " + std::to_string(entry.seq) + " to room " +
                                    id.external_name() + ", whose log ends at " +
                                    std::to_string(room->last_seq));
  }
  if (room->row == 0) RUNNEL_TRY_VOID(create_row(*room, false));
  encoded_.clear();
  encode_entry(entry, encoded_);
  if (entry.update.size() >= kDirectBytes) {
    add_pending(*room, encoded_, entry.time_ms, next_journal_);
    RUNNEL_TRY_VOID(fold(*room));
  } else {
    put_varint(static_cast<std::uint64_t>(room->row), journal_row_);
    put_varint(entry.seq, journal_row_);
    journal_row_.insert(journal_row_.end(), encoded_.begin(), encoded_.end());
    add_pending(*room, encoded_, entry.time_ms, next_journal_);
  }
  metrics_.appends.add();
  metrics_.append_bytes.add(entry.update.size());
  return room;
}

Result<void> StoreEngine::compact(const RoomId& id, Seq upto, ByteView snapshot,
                                  std::int64_t wall_ms) {
  Room* room = RUNNEL_TRY(writable_log(id));
  if (upto == 0 || upto < room->snapshot_seq || upto > room->last_seq) {
    return fail(Errc::Conflict, "compact room " + id.external_name() + " up to " +
                                    std::to_string(upto) + ", whose snapshot ends at " +
                                    std::to_string(room->snapshot_seq) + " and log at " +
                                    std::to_string(room->last_seq));
  }
  Bytes body;
  body.reserve(snapshot.size() + kCrcBytes);
  begin_row(body);
  body.insert(body.end(), snapshot.begin(), snapshot.end());
  seal_row(body);
  Statement& put = sql_.put_snapshot;
  put.reset();
  put.bind(1, room->row);
  put.bind(2, to_sql(upto));
  put.bind(3, wall_ms);
  put.bind_borrowed(4, body);
  RUNNEL_TRY_VOID(note(put.finish()));
  if (room->chunks > 0) {
    const std::int64_t first = room->row * kChunksPerRoom;
    RUNNEL_TRY_VOID(note(sql_.delete_chunks.run(first, first + kChunksPerRoom - 1, to_sql(upto))));
    room->chunks -= database_.changes();
    if (room->chunks == 0) room->next_chunk = 0;
  }
  room->snapshot_seq = upto;
  RUNNEL_TRY_VOID(note(drop_pending(*room, upto)));
  metrics_.compactions.add();
  metrics_.snapshot_bytes.add(snapshot.size());
  return {};
}

Result<void> StoreEngine::release(const RoomId& id) {
  broken_.erase(id);
  Room* room = index_.find(id);
  if (room == nullptr) return {};
  if (!room->pending.empty()) RUNNEL_TRY_VOID(fold(*room));
  released_.push_back(room->id);
  return {};
}

void StoreEngine::forget_released() {
  for (const auto& id : std::exchange(released_, {})) {
    Room* room = index_.find(*id);
    if (room != nullptr && room->pending.empty()) index_.erase(*room);
  }
}

Result<void> StoreEngine::delete_content(const Room& room) {
  const std::int64_t first = room.row * kChunksPerRoom;
  RUNNEL_TRY_VOID(note(sql_.delete_chunks.run(first, first + kChunksPerRoom - 1, INT64_MAX)));
  RUNNEL_TRY_VOID(note(sql_.delete_snapshot.run(room.row)));
  RUNNEL_TRY_VOID(note(sql_.delete_values.run(room.row)));
  return note(sql_.delete_alarm.run(room.row));
}

Result<void> StoreEngine::remove(const RoomId& id) {
  Room* room = RUNNEL_TRY(find(id));
  if (room->row == 0) return create_row(*room, true);
  RUNNEL_TRY_VOID(delete_content(*room));
  RUNNEL_TRY_VOID(note(sql_.tombstone.run(room->row)));
  if (!room->deleted) metrics_.rooms_stored.add(-1);
  clear_pending(*room);
  Room deleted;
  deleted.id = room->id;
  deleted.row = room->row;
  deleted.deleted = true;
  *room = std::move(deleted);
  return {};
}

Result<void> StoreEngine::revive(const RoomId& id) {
  Room* room = RUNNEL_TRY(find(id));
  if (!room->deleted) return {};
  RUNNEL_TRY_VOID(note(sql_.delete_room.run(room->row)));
  // What the journal still holds of the old row stays without a room: row ids are not used twice.
  Room absent;
  absent.id = room->id;
  *room = std::move(absent);
  return {};
}

Result<void> StoreEngine::kv_write(const RoomId& id, const std::vector<KvChange>& changes) {
  RUNNEL_TRY_VOID(check_kv_limits(changes));
  Room* room = RUNNEL_TRY(writable(id));
  if (room->row == 0) RUNNEL_TRY_VOID(create_row(*room, false));
  for (const KvChange& change : changes) {
    const ByteView key = as_bytes(change.key);
    RUNNEL_TRY_VOID(note(change.value ? sql_.put_value.run(room->row, key, *change.value)
                                      : sql_.delete_value.run(room->row, key)));
  }
  return {};
}

Result<void> StoreEngine::kv_delete_all(const RoomId& id) {
  const Room* room = RUNNEL_TRY(find(id));
  if (room->row == 0) return {};
  return note(sql_.delete_values.run(room->row));
}

Result<void> StoreEngine::set_alarm(const RoomId& id, std::optional<std::int64_t> alarm_ms) {
  Room* room = RUNNEL_TRY(writable(id));
  if (room->row == 0) RUNNEL_TRY_VOID(create_row(*room, false));
  return note(alarm_ms ? sql_.put_alarm.run(room->row, *alarm_ms)
                       : sql_.delete_alarm.run(room->row));
}

Result<void> StoreEngine::put_record(const Record& record) {
  return note(sql_.put_record.run(record.kind, record.key, record.value, record.expires_ms));
}

Result<void> StoreEngine::erase_record(const std::string& kind, const std::string& key) {
  return note(sql_.delete_record.run(kind, key));
}

Result<void> StoreEngine::erase_expired_records(std::int64_t wall_ms) {
  return note(sql_.delete_expired.run(wall_ms));
}

void StoreEngine::break_room(const RoomId& id) { broken_.insert(id); }

void StoreEngine::mend(const RoomId& id) { broken_.erase(id); }

Result<std::optional<PendingEntries>> StoreEngine::pending(const RoomId& id) {
  if (stale_) RUNNEL_TRY_VOID(rebuild());
  const Room* room = index_.find(id);
  if (room == nullptr || room->pending.empty()) return std::nullopt;
  PendingEntries copy{.row = room->row, .first_seq = room->folded_seq + 1};
  copy.entries = to_bytes(ByteView(room->pending).subspan(kCrcBytes));
  return copy;
}

Result<std::vector<PendingSize>> StoreEngine::pending_sizes() {
  if (stale_) RUNNEL_TRY_VOID(rebuild());
  std::vector<PendingSize> sizes;
  for (const Room& room : index_.unfolded()) {
    sizes.push_back({.row = room.row,
                     .last_seq = room.last_seq,
                     .entries = room.pending_entries,
                     .bytes = room.pending.size(),
                     .updated_ms = room.updated_ms});
  }
  return sizes;
}

Result<void> StoreEngine::checkpoint(bool truncate) {
  RUNNEL_CHECK(!in_batch_);
  const Result<CheckpointSize> size = database_.checkpoint(truncate);
  if (!size) return note_error(size.error());
  const CheckpointSize& left = *size;
  metrics_.checkpoints.add();
  if (left.copied_pages == left.wal_pages) *wal_pages_ = 0;
  return {};
}

void StoreEngine::publish_gauges() {
  metrics_.journal_bytes.set(static_cast<std::int64_t>(journal_bytes_));
  metrics_.journal_rows.set(static_cast<std::int64_t>(journal_.size()));
  metrics_.unfolded_rooms.set(static_cast<std::int64_t>(index_.unfolded().size()));
  metrics_.rooms_in_memory.set(static_cast<std::int64_t>(index_.size()));
  metrics_.wal_pages.set(*wal_pages_);
}

}  // namespace runnel::storage
