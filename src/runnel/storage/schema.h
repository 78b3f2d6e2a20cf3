// The tables of the data directory's database (docs/formats/storage.md has the reasons).
#pragma once

#include "runnel/storage/database.h"

#include "base/result.h"

#include <cstdint>

namespace runnel::storage {

// PRAGMA application_id of our files ("Rnnl") and the format that this binary writes
// (PRAGMA user_version).
inline constexpr std::int64_t kApplicationId = 0x526e6e6c;
inline constexpr std::int64_t kFormatVersion = 1;

// A chunk's row id is its room's row id times this, plus its number in the room.
inline constexpr std::int64_t kChunksPerRoom = std::int64_t{1} << 20;

// Creates the tables in an empty database and checks the format of any other. Corrupt when the file
// belongs to something else, Conflict when a newer Runnel wrote it; the error says what to do.
Result<void> prepare_schema(Database& database);

// The check alone, for connections that only read.
Result<void> check_schema(Database& database);

}  // namespace runnel::storage
