// Whether a data directory is whole: every record of every room is read and decoded as a load
// would, so that damage is known before a user meets it.
#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace runnel::server {

// The databases of a data directory, by file name; those that are not there are left out.
[[nodiscard]] std::vector<std::string> database_names(const std::string& data_dir);

// A sentence on what was checked. Corrupt when something is wrong: file, room and record of each
// finding, and the next step. Reads only, also beside a server that writes. Blocks.
[[nodiscard]] Result<std::string> verify_data_dir(const std::string& data_dir);

}  // namespace runnel::server
