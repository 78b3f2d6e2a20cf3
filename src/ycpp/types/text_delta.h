// A text as a delta. Engine internal.
#pragma once

#include "ycpp/types/text.h"

#include <vector>

namespace ycpp::edit {

struct DeltaQuery {
  // What is visible in one of these is read; without them: what is now.
  const Snapshot* snapshot{nullptr};
  const Snapshot* previous{nullptr};
  // Makes the marks of what one of them has and the other has not.
  const ChangeMarker* marker{nullptr};
  // Where to write which attributes are one object.
  std::vector<FormatIdentity>* identities{nullptr};
};

[[nodiscard]] Delta text_delta(Doc& doc, TypeIndex type, const DeltaQuery& query);

// The same after cutting blocks where the snapshots end, in a transaction that joins them again.
[[nodiscard]] Delta snapshot_delta(Doc& doc, TypeIndex type, const DeltaQuery& query);

}  // namespace ycpp::edit
