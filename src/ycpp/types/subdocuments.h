// Documents inside the document: which there are, and when they come and go.
#pragma once

#include "ycpp/types/value.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace ycpp {

struct SubdocumentEvent {
  std::vector<Subdocument> added;
  std::vector<Subdocument> removed;
  std::vector<Subdocument> loaded;  // the application should open these now
};

// Called after the update events of a transaction that changed something about subdocuments.
using SubdocumentHandler = std::function<void(const SubdocumentEvent&)>;

// Those whose place is not deleted, in no particular order.
[[nodiscard]] std::vector<Subdocument> subdocuments(Doc& doc);
[[nodiscard]] std::set<std::string> subdocument_guids(Doc& doc);

ObserverId observe_subdocuments(Doc& doc, SubdocumentHandler handler);
void unobserve_subdocuments(Doc& doc, ObserverId id);

}  // namespace ycpp
