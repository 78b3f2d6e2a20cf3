// All that a stream still holds, with a failure as an error. std::istreambuf_iterator lets through
// what the standard library throws when the file is a folder or the disk fails.
#pragma once

#include "base/result.h"

#include <istream>
#include <string>

namespace runnel {

// Unavailable, and `name` in its sentence, where the stream was not open or cannot be read.
[[nodiscard]] Result<std::string> read_stream(std::istream& stream, const std::string& name);

}  // namespace runnel
