// The WAL of a database as the fsyncing thread sees it: a descriptor of its own, opened when it is
// first needed and kept, because SQLite never replaces the file while a connection is open. The WAL
// carries no locks, so closing it does no harm.
#pragma once

#include "runnel/storage/durability.h"

#include <string>

namespace runnel::storage {

// For SqliteStore::open. Fails with Unavailable, naming the file, when it is missing or when fsync
// fails.
[[nodiscard]] SyncWal sync_wal_of(const std::string& database_path);

}  // namespace runnel::storage
