// The delete set of an update as it passes through an operation that does not change it.
#pragma once

#include "ycpp/delete_set.h"

#include <vector>

namespace ycpp {

class ByteWriter;

// Writes ranges that were read by DeleteSet::read_ranges(). Ranges in the order in which Yjs writes
// them stay as they are, also where two of them touch; anything else is normalised.
void write_delete_ranges(ByteWriter& writer, UpdateFormat format,
                         std::vector<DeleteSet::Range> ranges);

}  // namespace ycpp
