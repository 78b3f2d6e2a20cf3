#include "runnel/storage/schema.h"

#include <string>

namespace runnel::storage {

namespace {

// Tables with large values are keyed by rowid: a WITHOUT ROWID table moves all above 1 KB to
// overflow pages. chunk's id puts the chunks of one room side by side without a second index.
constexpr const char* kSchema = R"(
CREATE TABLE room(
  id INTEGER PRIMARY KEY,
  party TEXT NOT NULL,
  name TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0,
  UNIQUE(party, name));
CREATE TABLE journal(
  id INTEGER PRIMARY KEY,
  body BLOB NOT NULL);
CREATE TABLE chunk(
  id INTEGER PRIMARY KEY,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  body BLOB NOT NULL);
CREATE TABLE snapshot(
  room INTEGER PRIMARY KEY,
  upto INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  body BLOB NOT NULL);
CREATE TABLE kv(
  room INTEGER NOT NULL,
  key BLOB NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY(room, key)) WITHOUT ROWID;
CREATE TABLE alarm(
  room INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL);
CREATE INDEX alarm_by_time ON alarm(at_ms);
CREATE TABLE record(
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  expires_ms INTEGER NOT NULL,
  PRIMARY KEY(kind, key)) WITHOUT ROWID;
CREATE INDEX record_by_expiry ON record(expires_ms) WHERE expires_ms > 0;
)";

}  // namespace

Result<void> check_schema(Database& database) {
  const std::int64_t application = RUNNEL_TRY(database.integer("PRAGMA application_id"));
  if (application != kApplicationId) {
    return fail(Errc::Corrupt, database.path() +
                                   " is a SQLite database, but not one of Runnel: put the right "
                                   "file back, restore a backup with `runnel restore`, or choose "
                                   "another directory with --data");
  }
  const std::int64_t version = RUNNEL_TRY(database.integer("PRAGMA user_version"));
  if (version > kFormatVersion) {
    return fail(Errc::Conflict, database.path() + " was written by a newer Runnel (format " +
                                    std::to_string(version) + ", this binary reads up to " +
                                    std::to_string(kFormatVersion) +
                                    "): start the newer binary, or restore a backup that this one "
                                    "made");
  }
  if (version < 1) {
    return fail(Errc::Corrupt, database.path() + " has the format number " +
                                   std::to_string(version) +
                                   ", which never existed: restore a backup with `runnel restore`");
  }
  return {};
}

Result<void> prepare_schema(Database& database) {
  const std::int64_t tables = RUNNEL_TRY(database.integer("SELECT count(*) FROM sqlite_schema"));
  const std::int64_t application = RUNNEL_TRY(database.integer("PRAGMA application_id"));
  if (tables != 0 || application != 0) return check_schema(database);
  Transaction transaction = RUNNEL_TRY(Transaction::begin(database));
  RUNNEL_TRY_VOID(database.execute(kSchema));
  RUNNEL_TRY_VOID(database.execute("PRAGMA application_id = " + std::to_string(kApplicationId) +
                                   "; PRAGMA user_version = " + std::to_string(kFormatVersion)));
  return transaction.commit();
}

}  // namespace runnel::storage
