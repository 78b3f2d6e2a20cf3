// The files of a database as they lie in the data directory: whether they are all there before
// SQLite opens them. SQLite would take an empty file for a new database and a missing WAL for an
// empty one; both would be updates lost without a word.
//
// Beside the database lies NAME-state with the word "open" while a store has it and "closed" once a
// store has emptied the WAL. So a state without its database, or "open" without its WAL, is damage.
//
// Any thread; no store of this process has the database open (closing a second descriptor would
// drop its locks).
#pragma once

#include "base/result.h"

#include <string>

namespace runnel::storage {

// Corrupt: the file, what is wrong with it ("is empty") and what to do.
[[nodiscard]] std::unexpected<Error> damaged_file(const std::string& path, const std::string& what);

// Corrupt with the file, what is wrong with it and what to do. A directory without any of the files
// is a new one.
Result<void> check_database_files(const std::string& path);

// After the store has opened it, with the WAL in place; the directory is fsynced too.
Result<void> mark_database_open(const std::string& path);

// After the store has emptied the WAL.
Result<void> mark_database_closed(const std::string& path);

// fsyncs the directory that the file is in.
Result<void> sync_directory_of(const std::string& path);

}  // namespace runnel::storage
