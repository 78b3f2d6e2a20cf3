#include "runnel/storage/database.h"

#include "runnel/storage/file_descriptor.h"

#include "base/check.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <climits>
#include <utility>

namespace runnel::storage {

namespace {

Errc kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Errc::Corrupt;
    case SQLITE_CONSTRAINT:
      return Errc::Conflict;
    case SQLITE_TOOBIG:
      return Errc::LimitExceeded;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
      return Errc::Invalid;
    default:
      return Errc::Unavailable;
  }
}

// SQLite makes files that everybody may read, unless the umask says otherwise, and gives WAL and
// -shm the mode of the database. A file that exists is not even opened: closing it would drop the
// locks of this process. A failure is SQLite's to report.
void make_private_file(const std::string& path) {
  const FileDescriptor made(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
}

std::unexpected<Error> database_error(sqlite3* database, int code, const std::string& doing) {
  std::string detail = doing + ": " + sqlite3_errstr(code);
  if (database != nullptr) {
    const std::string more = sqlite3_errmsg(database);
    if (more != sqlite3_errstr(code)) detail += " (" + more + ")";
    if ((code & 0xff) == SQLITE_IOERR) {
      detail += " (extended code " + std::to_string(sqlite3_extended_errcode(database)) + ")";
    }
  }
  return fail(kind_of(code), std::move(detail));
}

std::string file_of(sqlite3* database) {
  const char* name = sqlite3_db_filename(database, "main");
  return name == nullptr ? std::string("database") : std::string(name);
}

void check_bound(int code) { RUNNEL_CHECK(code == SQLITE_OK); }

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  // The result repeats the error of the last step, which was reported there.
  sqlite3_finalize(statement);
}

void Statement::bind(int parameter, std::int64_t value) {
  check_bound(sqlite3_bind_int64(handle_.get(), parameter, value));
}

void Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL, and an empty view may hold one.
  check_bound(sqlite3_bind_text64(handle_.get(), parameter, text.empty() ? "" : text.data(),
                                  text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int parameter, ByteView blob) {
  const void* data = blob.empty() ? static_cast<const void*>("") : blob.data();
  check_bound(sqlite3_bind_blob64(handle_.get(), parameter, data, blob.size(), SQLITE_TRANSIENT));
}

void Statement::bind_borrowed(int parameter, ByteView blob) {
  const void* data = blob.empty() ? static_cast<const void*>("") : blob.data();
  check_bound(sqlite3_bind_blob64(handle_.get(), parameter, data, blob.size(), SQLITE_STATIC));
}

void Statement::bind_null(int parameter) {
  check_bound(sqlite3_bind_null(handle_.get(), parameter));
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3* database = sqlite3_db_handle(handle_.get());
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_.get());
    return false;
  }
  auto failure =
      database_error(database, code, file_of(database) + ": " + sqlite3_sql(handle_.get()));
  sqlite3_reset(handle_.get());
  return failure;
}

Result<void> Statement::finish() {
  while (RUNNEL_TRY(step())) {
  }
  return {};
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(handle_.get(), column); }

std::string_view Statement::text(int column) const {
  const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  if (bytes == 0) return {};
  return {reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column)), bytes};
}

ByteView Statement::blob(int column) const {
  const void* data = sqlite3_column_blob(handle_.get(), column);
  const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  if (data == nullptr) return {};
  return {static_cast<const std::uint8_t*>(data), bytes};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void Database::Closer::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open(const DatabaseOptions& options) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (!options.read_only && !options.must_exist) flags |= SQLITE_OPEN_CREATE;
  if ((flags & SQLITE_OPEN_CREATE) != 0 && options.vfs.empty()) make_private_file(options.path);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &handle, flags,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  Database database;
  database.path_ = options.path;
  database.handle_.reset(handle);
  if (code != SQLITE_OK) return database_error(handle, code, "open " + options.path);
  sqlite3_busy_timeout(handle, options.busy_timeout_ms);
  // Nothing of ours needs a temporary file, so a full /tmp or a VFS without one is no failure.
  std::string setup = "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";
  if (!options.read_only) {
    if (options.journal_wal) setup += "PRAGMA journal_mode = WAL;";
    setup += options.full_sync ? "PRAGMA synchronous = FULL;" : "PRAGMA synchronous = NORMAL;";
    if (!options.auto_checkpoint) setup += "PRAGMA wal_autocheckpoint = 0;";
  }
  RUNNEL_TRY_VOID(database.execute(setup));
  // Reads the header, so that a file that is no database is noticed here.
  RUNNEL_TRY_VOID(database.integer("PRAGMA schema_version"));
  return database;
}

bool Database::sync_failed() const {
  const int code = sqlite3_extended_errcode(handle_.get());
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) {
    return database_error(handle_.get(), code, path_ + ": " + std::string(sql));
  }
  return Statement(statement);
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return database_error(handle_.get(), code, path_ + ": " + sql);
  return {};
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

std::int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

Result<std::int64_t> Database::integer(std::string_view sql) {
  Statement statement = RUNNEL_TRY(prepare(sql));
  const bool row = RUNNEL_TRY(statement.step());
  if (!row) return fail(Errc::NotFound, path_ + ": " + std::string(sql) + " has no row");
  return statement.integer(0);
}

Result<CheckpointSize> Database::checkpoint(bool truncate) {
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  CheckpointSize size;
  const int code =
      sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, &size.wal_pages, &size.copied_pages);
  if (code != SQLITE_OK) return database_error(handle_.get(), code, path_ + ": checkpoint");
  return size;
}

Result<Transaction> Transaction::begin(Database& database) {
  RUNNEL_TRY_VOID(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // Fails only when SQLite has rolled back already, after an error of the disk.
  if (database_ != nullptr && !database_->execute("ROLLBACK")) return;
}

Result<void> Transaction::commit() {
  RUNNEL_CHECK(database_ != nullptr);
  RUNNEL_TRY_VOID(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace runnel::storage
