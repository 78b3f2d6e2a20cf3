#include "runnel/storage/store_reader.h"

#include "runnel/storage/log_codec.h"
#include "runnel/storage/schema.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace runnel::storage {

namespace {

std::unexpected<Error> damaged_room(const RoomId& room, const std::string& what) {
  return fail(Errc::Corrupt, "room " + room.external_name() + " (party " + room.party +
                                 "): " + what +
                                 ". `runnel verify` lists all damage; `runnel restore` brings a "
                                 "backup back");
}

// Adds the entries of one row behind what the record has; `last_seq` is that of the row's last one.
Result<void> add_entries(ByteView entries, Seq first_seq, RoomRecord& record) {
  Seq seq = first_seq - 1;
  for (EntryReader reader(entries); !reader.done();) {
    const EntryView view = RUNNEL_TRY(reader.entry());
    seq += view.span;
    if (seq <= record.last_seq) continue;
    LogEntry entry = to_log_entry(view, seq);
    if (entry.first_seq > record.last_seq + 1) {
      return fail(Errc::Corrupt, "log entries " + std::to_string(record.last_seq + 1) + " to " +
                                     std::to_string(entry.first_seq - 1) + " are missing");
    }
    record.last_seq = seq;
    record.tail.push_back(std::move(entry));
  }
  return {};
}

// The smallest string greater than every string that starts with `prefix`; empty: there is none.
std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) {
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  }
  return prefix;
}

std::int64_t to_limit(std::size_t limit) {
  return limit > static_cast<std::size_t>(INT64_MAX) ? -1 : static_cast<std::int64_t>(limit);
}

// Keeps the reads of one answer in one state of the database.
class ReadTransaction {
 public:
  ReadTransaction(Statement& begin, Statement& end) : end_(end), begun_(begin.finish()) {}

  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ReadTransaction(ReadTransaction&&) = delete;
  ReadTransaction& operator=(ReadTransaction&&) = delete;

  ~ReadTransaction() {
    // Ending a transaction that only read fails only when it was not begun.
    if (begun_) static_cast<void>(end_.finish().has_value());
  }

  [[nodiscard]] const Result<void>& begun() const { return begun_; }

 private:
  Statement& end_;
  Result<void> begun_;
};

}  // namespace

Result<std::unique_ptr<StoreReader>> StoreReader::open(const std::string& path,
                                                       const std::string& vfs) {
  Database database = RUNNEL_TRY(Database::open({.path = path, .vfs = vfs, .read_only = true}));
  Statements sql = RUNNEL_TRY(Statements::prepare(database));
  return std::unique_ptr<StoreReader>(new StoreReader(std::move(database), std::move(sql)));
}

Result<StoreReader::Statements> StoreReader::Statements::prepare(Database& db) {
  return Statements{
      .begin = RUNNEL_TRY(db.prepare("BEGIN")),
      .end = RUNNEL_TRY(db.prepare("COMMIT")),
      .room = RUNNEL_TRY(db.prepare("SELECT id, deleted FROM room WHERE party = ? AND name = ?")),
      .snapshot = RUNNEL_TRY(db.prepare("SELECT upto, body FROM snapshot WHERE room = ?")),
      .chunks = RUNNEL_TRY(db.prepare(
          "SELECT first_seq, last_seq, body FROM chunk WHERE id BETWEEN ? AND ? ORDER BY id")),
      .alarm = RUNNEL_TRY(db.prepare("SELECT at_ms FROM alarm WHERE room = ?")),
      .value = RUNNEL_TRY(db.prepare("SELECT value FROM kv WHERE room = ? AND key = ?")),
      .values_up = RUNNEL_TRY(db.prepare("SELECT key, value FROM kv WHERE room = ?1 AND key >= ?2"
                                         " AND (?3 IS NULL OR key < ?3) ORDER BY key LIMIT ?4")),
      .values_down =
          RUNNEL_TRY(db.prepare("SELECT key, value FROM kv WHERE room = ?1 AND key >= ?2"
                                " AND (?3 IS NULL OR key < ?3) ORDER BY key DESC LIMIT ?4")),
      .alarms = RUNNEL_TRY(
          db.prepare("SELECT party, name, at_ms FROM alarm JOIN room ON room.id = alarm.room"
                     " WHERE at_ms <= ? ORDER BY at_ms LIMIT ?")),
      .record =
          RUNNEL_TRY(db.prepare("SELECT value, expires_ms FROM record WHERE kind = ? AND key = ?"
                                " AND (expires_ms = 0 OR expires_ms > ?)")),
      .records = RUNNEL_TRY(db.prepare("SELECT key, value, expires_ms FROM record WHERE kind = ?"
                                       " AND (expires_ms = 0 OR expires_ms > ?) ORDER BY key")),
      .page = RUNNEL_TRY(
          db.prepare("SELECT id, party, name, deleted FROM room WHERE (party, name) > (?1, ?2)"
                     " AND (?3 OR NOT deleted) AND (?4 = '' OR instr(name, ?4) > 0)"
                     " ORDER BY party, name LIMIT ?5")),
      .snapshot_size = RUNNEL_TRY(
          db.prepare("SELECT upto, length(body), updated_ms FROM snapshot WHERE room = ?")),
      .chunk_sizes =
          RUNNEL_TRY(db.prepare("SELECT count(*), sum(length(body)), sum(entries), max(last_seq),"
                                " max(updated_ms) FROM chunk WHERE id BETWEEN ? AND ?")),
  };
}

Result<StoreReader::RoomRow> StoreReader::find(const RoomId& room) {
  sql_.room.bind_all(room.party, room.name);
  RoomRow found;
  const bool exists = RUNNEL_TRY(sql_.room.step());
  if (exists) found = {.row = sql_.room.integer(0), .deleted = sql_.room.integer(1) != 0};
  sql_.room.reset();
  return found;
}

Result<RoomRecord> StoreReader::load(const RoomId& room,
                                     const std::optional<PendingEntries>& pending) {
  const ReadTransaction transaction(sql_.begin, sql_.end);
  RUNNEL_TRY_VOID(transaction.begun());
  return read_record(room, pending);
}

Result<RoomRecord> StoreReader::read_record(const RoomId& room,
                                            const std::optional<PendingEntries>& pending) {
  RoomRecord record;
  const RoomRow found = RUNNEL_TRY(find(room));
  if (found.row == 0) return record;
  if (found.deleted) {
    record.state = RoomState::Deleted;
    return record;
  }
  record.state = RoomState::Present;
  Result<void> outcome = read_snapshot(found.row, record);
  if (outcome) outcome = read_chunks(found.row, record);
  if (outcome && pending && pending->row == found.row) {
    outcome = add_entries(pending->entries, pending->first_seq, record);
  }
  if (!outcome && outcome.error().code == Errc::Corrupt) {
    return damaged_room(room, outcome.error().detail);
  }
  RUNNEL_TRY_VOID(outcome);
  sql_.alarm.bind_all(found.row);
  const bool has_alarm = RUNNEL_TRY(sql_.alarm.step());
  if (has_alarm) record.alarm_ms = sql_.alarm.integer(0);
  sql_.alarm.reset();
  return record;
}

Result<void> StoreReader::read_snapshot(std::int64_t row, RoomRecord& record) {
  Statement& snapshot = sql_.snapshot;
  snapshot.bind_all(row);
  const bool exists = RUNNEL_TRY(snapshot.step());
  if (!exists) return {};
  const auto body = open_row(snapshot.blob(1));
  if (!body) {
    snapshot.reset();
    return fail(Errc::Corrupt, "the snapshot is damaged: " + body.error().detail);
  }
  record.snapshot_seq = static_cast<Seq>(snapshot.integer(0));
  record.snapshot = to_bytes(*body);
  record.last_seq = record.snapshot_seq;
  snapshot.reset();
  return {};
}

Result<void> StoreReader::read_chunks(std::int64_t row, RoomRecord& record) {
  Statement& chunks = sql_.chunks;
  const std::int64_t first = row * kChunksPerRoom;
  chunks.bind_all(first, first + kChunksPerRoom - 1);
  while (RUNNEL_TRY(chunks.step())) {
    const auto first_seq = static_cast<Seq>(chunks.integer(0));
    const auto last_seq = static_cast<Seq>(chunks.integer(1));
    Result<void> added = [&]() -> Result<void> {
      const ByteView body = RUNNEL_TRY(open_row(chunks.blob(2)));
      return add_entries(body, first_seq, record);
    }();
    if (added && record.last_seq < last_seq) {
      added = fail(Errc::Corrupt, "it ends too early");
    }
    if (!added) {
      chunks.reset();
      return fail(Errc::Corrupt, "log entries " + std::to_string(first_seq) + " to " +
                                     std::to_string(last_seq) +
                                     " are damaged: " + added.error().detail);
    }
  }
  return {};
}

Result<std::int64_t> StoreReader::count_rooms(std::int64_t from, std::int64_t to) {
  return database_.integer("SELECT count(*) FROM room WHERE NOT deleted AND id >= " +
                           std::to_string(from) + " AND id < " + std::to_string(to));
}

Result<RoomPage> StoreReader::list(const RoomFilter& filter,
                                   const std::vector<PendingSize>& pending) {
  const ReadTransaction transaction(sql_.begin, sql_.end);
  RUNNEL_TRY_VOID(transaction.begun());
  return read_page(filter, pending);
}

Result<RoomPage> StoreReader::read_page(const RoomFilter& filter,
                                        const std::vector<PendingSize>& pending) {
  std::unordered_map<std::int64_t, const PendingSize*> pending_by_row;
  for (const PendingSize& size : pending) pending_by_row.emplace(size.row, &size);
  RoomPage page;
  const RoomId after = filter.after.value_or(RoomId{});
  Statement& rows = sql_.page;
  const std::size_t limit = std::min<std::size_t>(filter.limit, 100'000);
  rows.bind_all(after.party, after.name, filter.with_deleted, filter.name_contains, limit + 1);
  while (RUNNEL_TRY(rows.step())) {
    if (page.rooms.size() == limit) {
      page.more = true;
      break;
    }
    const std::int64_t row = rows.integer(0);
    RoomSummary summary = RUNNEL_TRY(read_sizes(row));
    summary.id = {std::string(rows.text(1)), std::string(rows.text(2))};
    summary.state = rows.integer(3) != 0 ? RoomState::Deleted : RoomState::Present;
    const auto unfolded = pending_by_row.find(row);
    if (unfolded != pending_by_row.end() && unfolded->second->last_seq > summary.last_seq) {
      summary.log_bytes += unfolded->second->bytes;
      summary.log_entries += static_cast<std::uint64_t>(unfolded->second->entries);
      summary.last_seq = unfolded->second->last_seq;
      summary.updated_ms = std::max(summary.updated_ms, unfolded->second->updated_ms);
    }
    page.rooms.push_back(std::move(summary));
  }
  rows.reset();
  return page;
}

Result<RoomSummary> StoreReader::read_sizes(std::int64_t row) {
  RoomSummary summary;
  Statement& snapshot = sql_.snapshot_size;
  snapshot.bind_all(row);
  const bool has_snapshot = RUNNEL_TRY(snapshot.step());
  if (has_snapshot) {
    summary.last_seq = static_cast<Seq>(snapshot.integer(0));
    summary.snapshot_bytes = static_cast<std::uint64_t>(snapshot.integer(1)) - kCrcBytes;
    summary.updated_ms = snapshot.integer(2);
  }
  snapshot.reset();
  Statement& chunks = sql_.chunk_sizes;
  const std::int64_t first = row * kChunksPerRoom;
  chunks.bind_all(first, first + kChunksPerRoom - 1);
  RUNNEL_TRY_VOID(chunks.step());
  if (chunks.integer(0) > 0) {
    summary.log_bytes = static_cast<std::uint64_t>(chunks.integer(1));
    summary.log_entries = static_cast<std::uint64_t>(chunks.integer(2));
    summary.last_seq = std::max(summary.last_seq, static_cast<Seq>(chunks.integer(3)));
    summary.updated_ms = std::max(summary.updated_ms, chunks.integer(4));
  }
  chunks.reset();
  return summary;
}

Result<std::optional<Bytes>> StoreReader::kv_get(const RoomId& room, const std::string& key) {
  const ReadTransaction transaction(sql_.begin, sql_.end);
  RUNNEL_TRY_VOID(transaction.begun());
  const RoomRow found = RUNNEL_TRY(find(room));
  std::optional<Bytes> value;
  if (found.row == 0) return value;
  sql_.value.bind_all(found.row, as_bytes(key));
  const bool exists = RUNNEL_TRY(sql_.value.step());
  if (exists) value = to_bytes(sql_.value.blob(0));
  sql_.value.reset();
  return value;
}

Result<std::vector<KvPair>> StoreReader::kv_list(const RoomId& room, const KvRange& range) {
  const ReadTransaction transaction(sql_.begin, sql_.end);
  RUNNEL_TRY_VOID(transaction.begun());
  std::vector<KvPair> pairs;
  const RoomRow found = RUNNEL_TRY(find(room));
  if (found.row == 0) return pairs;
  const std::string start = std::max(range.start, range.prefix);
  std::string end = after_prefix(range.prefix);
  if (!range.end.empty() && (end.empty() || range.end < end)) end = range.end;
  Statement& rows = range.reverse ? sql_.values_down : sql_.values_up;
  std::optional<ByteView> until;
  if (!end.empty()) until = as_bytes(end);
  rows.bind_all(found.row, as_bytes(start), until, to_limit(range.limit));
  while (RUNNEL_TRY(rows.step())) {
    pairs.push_back({to_text(rows.blob(0)), to_bytes(rows.blob(1))});
  }
  return pairs;
}

Result<std::vector<DueAlarm>> StoreReader::alarms(std::int64_t until_ms, std::size_t limit) {
  std::vector<DueAlarm> due;
  Statement& rows = sql_.alarms;
  rows.bind_all(until_ms, to_limit(limit));
  while (RUNNEL_TRY(rows.step())) {
    due.push_back({{std::string(rows.text(0)), std::string(rows.text(1))}, rows.integer(2)});
  }
  return due;
}

Result<std::optional<Record>> StoreReader::get_record(const std::string& kind,
                                                      const std::string& key, std::int64_t now_ms) {
  Statement& row = sql_.record;
  row.bind_all(kind, key, now_ms);
  std::optional<Record> record;
  const bool exists = RUNNEL_TRY(row.step());
  if (exists) record = Record{kind, key, to_bytes(row.blob(0)), row.integer(1)};
  row.reset();
  return record;
}

Result<std::vector<Record>> StoreReader::list_records(const std::string& kind,
                                                      std::int64_t now_ms) {
  std::vector<Record> records;
  Statement& rows = sql_.records;
  rows.bind_all(kind, now_ms);
  while (RUNNEL_TRY(rows.step())) {
    records.push_back({kind, std::string(rows.text(0)), to_bytes(rows.blob(1)), rows.integer(2)});
  }
  return records;
}

}  // namespace runnel::storage
