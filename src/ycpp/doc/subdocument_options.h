// The options that a subdocument carries on the wire.
#pragma once

#include "ycpp/id.h"

namespace ycpp {

// Whether the options, one `any` that was checked before, ask for the document to be loaded at once
// (`autoLoad` or `shouldLoad`).
[[nodiscard]] bool subdocument_loads_itself(ByteView options);

}  // namespace ycpp
