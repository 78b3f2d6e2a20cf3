// Results of ycpp in the plain form in which generator/values.mjs writes those of Yjs.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/types/event.h"
#include "ycpp/types/roots.h"
#include "ycpp/types/subdocuments.h"

#include <string>
#include <vector>

namespace ycpp::conformance {

[[nodiscard]] Any plain_id(Id id);
[[nodiscard]] Any plain_reference(const SharedType& type);
[[nodiscard]] Any plain(const Any& value);
[[nodiscard]] Any plain(const Value& value);
// As JSON, with subdocuments by reference.
[[nodiscard]] Any plain_json(const SharedType& type);
[[nodiscard]] Any plain_entries(const std::vector<std::pair<std::string, Value>>& entries);
[[nodiscard]] Any plain_delta(const Delta& delta);
[[nodiscard]] Any plain_event(Event& event);
[[nodiscard]] Any plain_path(const Path& path);
// Clients ascending.
[[nodiscard]] Any plain_delete_set(const DeleteSet& set);
// All but the origin.
[[nodiscard]] Any plain_transaction(const Transaction& transaction);
[[nodiscard]] Any plain_subdocuments(const SubdocumentEvent& event);

// `value` as text for people; bytes in hex.
[[nodiscard]] std::string show(const Any& value);

}  // namespace ycpp::conformance
