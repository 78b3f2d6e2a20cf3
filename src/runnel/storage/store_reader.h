// The reading half of the SQLite store: a connection that only reads, on a thread of its own, so
// that a cold document does not make commits wait. Every answer is one consistent state of the
// database, at or after the instant at which the writer handed the question on.
#pragma once

#include "runnel/storage/database.h"
#include "runnel/storage/room_store.h"
#include "runnel/storage/store_engine.h"

#include "base/ids.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace runnel::storage {

class StoreReader {
 public:
  // The database exists and has the right format: the writer has opened it before.
  static Result<std::unique_ptr<StoreReader>> open(const std::string& path, const std::string& vfs);

  // Snapshot, chunks and what was pending. Entries of `pending` that were folded in between are
  // found in the chunks and not repeated.
  Result<RoomRecord> load(const RoomId& room, const std::optional<PendingEntries>& pending);

  // Present rooms with rows from `from` to below `to`; some 2 ms for 5,000 that are not in memory.
  Result<std::int64_t> count_rooms(std::int64_t from, std::int64_t to);

  Result<RoomPage> list(const RoomFilter& filter, const std::vector<PendingSize>& pending);
  Result<std::optional<Bytes>> kv_get(const RoomId& room, const std::string& key);
  Result<std::vector<KvPair>> kv_list(const RoomId& room, const KvRange& range);
  Result<std::vector<DueAlarm>> alarms(std::int64_t until_ms, std::size_t limit);
  Result<std::optional<Record>> get_record(const std::string& kind, const std::string& key,
                                           std::int64_t now_ms);
  Result<std::vector<Record>> list_records(const std::string& kind, std::int64_t now_ms);

  [[nodiscard]] Database& database() { return database_; }

 private:
  struct RoomRow {
    std::int64_t row{0};
    bool deleted{false};
  };

  struct Statements {
    static Result<Statements> prepare(Database& db);

    Statement begin;
    Statement end;
    Statement room;
    Statement snapshot;
    Statement chunks;
    Statement alarm;
    Statement value;
    Statement values_up;
    Statement values_down;
    Statement alarms;
    Statement record;
    Statement records;
    Statement page;
    Statement snapshot_size;
    Statement chunk_sizes;
  };

  StoreReader(Database database, Statements sql)
      : database_(std::move(database)), sql_(std::move(sql)) {}

  Result<RoomRow> find(const RoomId& room);
  Result<RoomRecord> read_record(const RoomId& room, const std::optional<PendingEntries>& pending);
  Result<void> read_snapshot(std::int64_t row, RoomRecord& record);
  Result<void> read_chunks(std::int64_t row, RoomRecord& record);
  Result<RoomSummary> read_sizes(std::int64_t row);
  Result<RoomPage> read_page(const RoomFilter& filter, const std::vector<PendingSize>& pending);

  Database database_;
  Statements sql_;
};

}  // namespace runnel::storage
