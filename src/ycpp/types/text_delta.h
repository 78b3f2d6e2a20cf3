// A text as a delta. Engine internal.
#pragma once

#include "ycpp/types/value.h"

namespace ycpp {
class Snapshot;
}

namespace ycpp::edit {

// What is visible in `snapshot` or in `previous`; without them: now.
[[nodiscard]] Delta text_delta(Doc& doc, TypeIndex type, const Snapshot* snapshot,
                               const Snapshot* previous);

// The same after cutting blocks where the snapshots end, in a transaction that joins them again.
[[nodiscard]] Delta snapshot_delta(Doc& doc, TypeIndex type, const Snapshot& snapshot,
                                   const Snapshot* previous);

}  // namespace ycpp::edit
