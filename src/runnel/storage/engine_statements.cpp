#include "runnel/storage/engine_statements.h"

namespace runnel::storage {

Result<EngineStatements> EngineStatements::prepare(Database& db) {
  return EngineStatements{
      .begin = RUNNEL_TRY(db.prepare("BEGIN IMMEDIATE")),
      .commit = RUNNEL_TRY(db.prepare("COMMIT")),
      .room_by_id =
          RUNNEL_TRY(db.prepare("SELECT id, deleted FROM room WHERE party = ? AND name = ?")),
      .room_by_row = RUNNEL_TRY(db.prepare("SELECT party, name, deleted FROM room WHERE id = ?")),
      .insert_room =
          RUNNEL_TRY(db.prepare("INSERT INTO room(id, party, name, deleted) VALUES (?, ?, ?, ?)")),
      .delete_room = RUNNEL_TRY(db.prepare("DELETE FROM room WHERE id = ?")),
      .tombstone = RUNNEL_TRY(db.prepare("UPDATE room SET deleted = 1 WHERE id = ?")),
      .snapshot_upto = RUNNEL_TRY(db.prepare("SELECT upto FROM snapshot WHERE room = ?")),
      .chunk_positions = RUNNEL_TRY(db.prepare(
          "SELECT count(*), max(id), max(last_seq) FROM chunk WHERE id BETWEEN ? AND ?")),
      .insert_journal = RUNNEL_TRY(db.prepare("INSERT INTO journal(id, body) VALUES (?, ?)")),
      .trim_journal = RUNNEL_TRY(db.prepare("DELETE FROM journal WHERE id < ?")),
      .insert_chunk = RUNNEL_TRY(
          db.prepare("INSERT INTO chunk(id, first_seq, last_seq, entries, updated_ms, body) "
                     "VALUES (?, ?, ?, ?, ?, ?)")),
      .chunks_backwards = RUNNEL_TRY(
          db.prepare("SELECT id, first_seq, last_seq, entries, updated_ms, body FROM chunk "
                     "WHERE id BETWEEN ? AND ? ORDER BY id DESC")),
      .delete_chunks =
          RUNNEL_TRY(db.prepare("DELETE FROM chunk WHERE id BETWEEN ? AND ? AND last_seq <= ?")),
      .put_snapshot = RUNNEL_TRY(db.prepare(
          "INSERT INTO snapshot(room, upto, updated_ms, body) VALUES (?, ?, ?, ?) ON CONFLICT(room)"
          " DO UPDATE SET upto = excluded.upto, updated_ms = excluded.updated_ms,"
          " body = excluded.body")),
      .delete_snapshot = RUNNEL_TRY(db.prepare("DELETE FROM snapshot WHERE room = ?")),
      .put_value =
          RUNNEL_TRY(db.prepare("INSERT INTO kv(room, key, value) VALUES (?, ?, ?)"
                                " ON CONFLICT(room, key) DO UPDATE SET value = excluded.value")),
      .delete_value = RUNNEL_TRY(db.prepare("DELETE FROM kv WHERE room = ? AND key = ?")),
      .delete_values = RUNNEL_TRY(db.prepare("DELETE FROM kv WHERE room = ?")),
      .put_alarm =
          RUNNEL_TRY(db.prepare("INSERT INTO alarm(room, at_ms) VALUES (?, ?)"
                                " ON CONFLICT(room) DO UPDATE SET at_ms = excluded.at_ms")),
      .delete_alarm = RUNNEL_TRY(db.prepare("DELETE FROM alarm WHERE room = ?")),
      .put_record = RUNNEL_TRY(db.prepare(
          "INSERT INTO record(kind, key, value, expires_ms) VALUES (?, ?, ?, ?) ON CONFLICT(kind,"
          " key) DO UPDATE SET value = excluded.value, expires_ms = excluded.expires_ms")),
      .delete_record = RUNNEL_TRY(db.prepare("DELETE FROM record WHERE kind = ? AND key = ?")),
      .delete_expired =
          RUNNEL_TRY(db.prepare("DELETE FROM record WHERE expires_ms > 0 AND expires_ms <= ?")),
  };
}

}  // namespace runnel::storage
