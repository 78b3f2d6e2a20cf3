// A SQLite connection, its statements and transactions, with errors as Result. The only way from
// outside storage/ to a database file of one's own (the embedded backend has one): sqlite3.h stays
// in here.
//
//   Database db = RUNNEL_TRY(Database::open({.path = dir + "/backend.db"}));
//   Statement insert = RUNNEL_TRY(db.prepare("INSERT INTO user(name, age) VALUES (?, ?)"));
//   RUNNEL_TRY_VOID(insert.run("ada", 36));
//   Statement all = RUNNEL_TRY(db.prepare("SELECT name, age FROM user WHERE age > ?"));
//   all.bind_all(30);
//   while (RUNNEL_TRY(all.step())) use(all.text(0), all.integer(1));
//
// A connection and everything made from it belong to one thread at a time.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace runnel::storage {

// One prepared statement. Movable; must not outlive its Database.
class Statement {
 public:
  // Parameters are numbered from 1. What is bound is copied. An index that the statement does not
  // have is our own bug (RUNNEL_CHECK).
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, std::string_view text);
  void bind(int parameter, ByteView blob);
  void bind_null(int parameter);

  // The bytes are not copied: they must stay until the statement is stepped or bound anew.
  void bind_borrowed(int parameter, ByteView blob);

  // Resets the statement and binds its parameters in order. Integers, bool, text, bytes, optional
  // of those (none is NULL).
  template <class... Values>
  void bind_all(const Values&... values) {
    reset();
    int parameter = 0;
    (bind_value(++parameter, values), ...);
  }

  // Moves to the next row; false after the last one, and the statement is then reset.
  Result<bool> step();

  // bind_all, then runs to the end. For statements without rows of interest.
  template <class... Values>
  Result<void> run(const Values&... values) {
    bind_all(values...);
    return finish();
  }

  // Steps to the end and resets.
  Result<void> finish();

  void reset();

  // Columns of the present row, numbered from 0. Views stay valid until the next step or reset.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] ByteView blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;

  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };

  explicit Statement(sqlite3_stmt* statement) : handle_(statement) {}

  template <class Value>
  void bind_value(int parameter, const Value& value) {
    if constexpr (std::is_integral_v<Value>) {
      bind(parameter, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      bind(parameter, std::string_view(value));
    } else {
      bind(parameter, ByteView(value));
    }
  }

  template <class Value>
  void bind_value(int parameter, const std::optional<Value>& value) {
    if (value) {
      bind_value(parameter, *value);
    } else {
      bind_null(parameter);
    }
  }

  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

struct DatabaseOptions {
  std::string path;
  std::string vfs;             // empty: the operating system's files
  bool read_only{false};       // never writes, never checkpoints
  bool must_exist{false};      // NotFound instead of a new file
  bool journal_wal{true};      // false: the mode that the file has
  bool full_sync{true};        // false: a power cut may take the last commits, in their order
  bool auto_checkpoint{true};  // false: only checkpoint() moves the WAL into the database
  int busy_timeout_ms{5000};
};

// Equal when nothing is left that only the WAL holds.
struct CheckpointSize {
  int wal_pages{0};
  int copied_pages{0};
};

// One connection to a database in WAL mode, foreign keys on.
class Database {
 public:
  // Corrupt when the file is no database, Unavailable when it cannot be opened; the error names the
  // file.
  static Result<Database> open(const DatabaseOptions& options);

  Result<Statement> prepare(std::string_view sql);

  // One or more statements without parameters, such as a schema.
  Result<void> execute(const std::string& sql);

  [[nodiscard]] std::int64_t last_insert_id() const;
  [[nodiscard]] std::int64_t changes() const;  // rows touched by the last statement

  // A single integer such as PRAGMA page_count.
  Result<std::int64_t> integer(std::string_view sql);

  // Copies what the WAL holds into the database file; `truncate` also empties the WAL and waits for
  // readers.
  Result<CheckpointSize> checkpoint(bool truncate);

  // Whether the last call failed because fsync did: what was written before may not be on the disk
  // although a later fsync succeeds.
  [[nodiscard]] bool sync_failed() const;

  [[nodiscard]] const std::string& path() const { return path_; }

  // For the parts of storage/ that need more than the above.
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };

  std::string path_;
  std::unique_ptr<sqlite3, Closer> handle_;
};

// BEGIN IMMEDIATE; rolls back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;  // null once committed, rolled back or moved from
};

}  // namespace runnel::storage
