// A look at the raw bytes of a SQLite database file and its WAL: is the file one, and is it whole?
// Format: https://www.sqlite.org/fileformat2.html, sections 1.3 and 4.
#pragma once

#include "base/result.h"

#include <string>

namespace runnel::storage {

// Corrupt when the file does not start like a database, or when pages that its header counts are
// neither in it nor in its WAL. Reads the header and, if the file is short, the WAL's frame
// headers.
Result<void> check_database_image(const std::string& path);

}  // namespace runnel::storage
