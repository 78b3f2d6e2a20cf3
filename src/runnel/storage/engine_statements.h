// The prepared statements of StoreEngine, each once for the life of the connection.
#pragma once

#include "runnel/storage/database.h"
#include "runnel/storage/room_store.h"

#include "base/result.h"

namespace runnel::storage {

// SQLite has signed integers only; a sequence number stays far below their end.
[[nodiscard]] inline std::int64_t to_sql(Seq seq) noexcept {
  return static_cast<std::int64_t>(seq);
}

struct EngineStatements {
  static Result<EngineStatements> prepare(Database& database);

  Statement begin;
  Statement commit;
  Statement room_by_id;        // (party, name) -> id, deleted
  Statement room_by_row;       // (id) -> party, name, deleted
  Statement insert_room;       // (id, party, name, deleted)
  Statement delete_room;       // (id)
  Statement tombstone;         // (id)
  Statement snapshot_upto;     // (room) -> upto
  Statement chunk_positions;   // (first id, last id) -> count, max id, max last_seq
  Statement insert_journal;    // (id, body)
  Statement trim_journal;      // (first id to keep)
  Statement insert_chunk;      // (id, first_seq, last_seq, entries, updated_ms, body)
  Statement chunks_backwards;  // (first id, last id) -> id, first_seq, last_seq, entries, ..., body
  Statement delete_chunks;     // (first id, last id, last_seq)
  Statement put_snapshot;      // (room, upto, updated_ms, body)
  Statement delete_snapshot;   // (room)
  Statement put_value;         // (room, key, value)
  Statement delete_value;      // (room, key)
  Statement delete_values;     // (room)
  Statement put_alarm;         // (room, at_ms)
  Statement delete_alarm;      // (room)
  Statement put_record;        // (kind, key, value, expires_ms)
  Statement delete_record;     // (kind, key)
  Statement delete_expired;    // (now)
};

}  // namespace runnel::storage
