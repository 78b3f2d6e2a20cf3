// The C side of FaultyVfs: SQLite's tables of functions.
#pragma once

#include <memory>

struct sqlite3_vfs;

namespace runnel::storage {

class FaultyVfs;

// Not registered yet; `name` and `owner` outlive it.
std::unique_ptr<sqlite3_vfs> make_vfs(FaultyVfs& owner, const char* name);

}  // namespace runnel::storage
