// What the roots of a document probably are. An update does not say: a root has the kind under
// which a program first asks for it, and the server is not that program. Its content tells:
// characters are a text, elements are XML, other values in a row are an array, keys are a map.
#pragma once

#include "ycpp/doc/block.h"
#include "ycpp/doc/doc.h"

#include <string_view>

namespace runnel::server {

// Untyped when nothing is in it, or nothing any more that would tell.
[[nodiscard]] ycpp::TypeKind likely_kind(ycpp::Doc& doc, std::string_view root);

// Gives every root that has no kind yet its likely one, so that the document can be shown as a
// whole.
void settle_root_kinds(ycpp::Doc& doc);

}  // namespace runnel::server
