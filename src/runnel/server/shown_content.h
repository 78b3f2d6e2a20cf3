// What a document shows, without who wrote it, in which order, and what was deleted. Pure.
#pragma once

#include "base/bytes.h"
#include "ycpp/doc/doc.h"

namespace runnel::server {

// Two documents show the same when these bytes are equal: the same roots, texts with the same
// formatting, values, keys and nested types. They are for comparing only, and not stable over
// versions. Roots that show nothing do not count.
[[nodiscard]] Bytes shown_content(const ycpp::Doc& doc);

}  // namespace runnel::server
