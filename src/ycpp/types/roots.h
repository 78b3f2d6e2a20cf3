// Finding shared types of a document, beside Doc::get_text() and its like.
#pragma once

#include "ycpp/doc/doc.h"
#include "ycpp/types/array.h"
#include "ycpp/types/event.h"
#include "ycpp/types/map.h"
#include "ycpp/types/text.h"
#include "ycpp/types/xml.h"

#include <optional>
#include <string_view>

namespace ycpp {

[[nodiscard]] XmlText get_xml_text(Doc& doc, std::string_view name);

// A root of any kind, or of none yet; nothing if neither an update nor the program has named it.
[[nodiscard]] std::optional<SharedType> find_root(Doc& doc, std::string_view name);

// The type that an item holds.
[[nodiscard]] std::optional<SharedType> find_type(Doc& doc, Id item);

// All roots by name, as Yjs's doc.toJSON(). Roots without a kind are undefined.
[[nodiscard]] Any to_json(Doc& doc);

}  // namespace ycpp
