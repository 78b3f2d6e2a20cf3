// The delta of a text event. Engine internal.
#pragma once

#include "ycpp/types/event.h"

namespace ycpp::edit {

// What happened to a text with formats. Formats that turn out to be superfluous are deleted on the
// way, in a transaction of their own, as Yjs does.
[[nodiscard]] EventDelta text_event_delta(Doc& doc, const Event& event, TypeIndex type);

}  // namespace ycpp::edit
