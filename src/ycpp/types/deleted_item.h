// DeletedItem: what DocOptions::gc_filter is asked about, an item whose content is about to be
// given up. Good while the filter runs.
#pragma once

#include "ycpp/block_kind.h"
#include "ycpp/types/value.h"

#include <optional>
#include <string>
#include <vector>

namespace ycpp {

class DeletedItem {
 public:
  DeletedItem(Doc& doc, BlockIndex block) noexcept : doc_(&doc), block_(block) {}

  // Its first unit, and how many follow one another.
  [[nodiscard]] Id id() const noexcept;
  [[nodiscard]] Clock length() const noexcept;

  [[nodiscard]] BlockKind kind() const noexcept;

  // What it holds, as an observer would have seen it: text unit by unit, nothing for a format.
  [[nodiscard]] std::vector<Value> values() const;

  // The type that it stands in, and the key there if it has one (Yjs: parentSub).
  [[nodiscard]] SharedType parent() const noexcept;
  [[nodiscard]] std::optional<std::string> key() const;

  // Whether it stands in `type`, however deep (Yjs: isParentOf).
  [[nodiscard]] bool is_inside(const SharedType& type) const noexcept;

 private:
  Doc* doc_;
  BlockIndex block_;
};

}  // namespace ycpp
