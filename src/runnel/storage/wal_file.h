// The WAL of a database beside SQLite's own descriptor: what the fsyncing thread syncs, and what is
// written again when a store opens. The WAL carries no locks, so opening and closing it does no
// harm, unlike the database and -shm files.
#pragma once

#include "base/result.h"

#include <memory>
#include <string>

namespace runnel::storage {

class WalFile {
 public:
  WalFile() = default;
  WalFile(const WalFile&) = delete;
  WalFile& operator=(const WalFile&) = delete;
  WalFile(WalFile&&) = delete;
  WalFile& operator=(WalFile&&) = delete;
  virtual ~WalFile() = default;

  // Writes what the file holds over itself; a missing file holds nothing. After a failed fsync the
  // kernel takes pages for written that are not, and a process that starts later reads them from
  // its cache; only when they are written once more does its fsync put them on the disk. Before
  // SQLite opens the database, and by whoever holds the data directory's lock.
  virtual Result<void> rewrite() = 0;

  // fsync. Unavailable, naming the file, when it is missing or the disk refuses.
  virtual Result<void> sync() = 0;
};

// The WAL of the database at that path, opened when first needed and kept, because SQLite never
// replaces the file while a connection is open. One thread at a time.
[[nodiscard]] std::shared_ptr<WalFile> wal_file_of(const std::string& database_path);

}  // namespace runnel::storage
