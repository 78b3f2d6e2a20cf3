// Copies of a database: a hot backup and its way back. Works for every SQLite database of the data
// directory, not only the store's.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <functional>
#include <string>

namespace runnel::storage {

struct CopyProgress {
  std::uint64_t pages_done{0};
  std::uint64_t pages_total{0};
};

// Called now and then on the thread that copies; may be empty.
using ProgressListener = std::function<void(const CopyProgress&)>;

// Copies the database as it is when the call begins to the new file `target`, with everything that
// is committed, also while a store of this process or another one writes: the copy reads through a
// connection that only reads, and the WAL grows meanwhile. The copy is fsynced, and checked with
// SQLite's integrity check; a copy that fails is removed. Conflict when `target` exists. Blocks;
// call it on a thread that may.
Result<CopyProgress> backup_database(const std::string& source, const std::string& target,
                                     const ProgressListener& progress);

// Puts a copy of `backup` in the place of `target`; nobody may have `target` open. The backup is
// checked first, and `target` is replaced in one step, so a failure leaves it as it was. Conflict
// when `target` exists and `replace` is not set.
Result<void> restore_database(const std::string& backup, const std::string& target, bool replace,
                              const ProgressListener& progress);

}  // namespace runnel::storage
