// TypeNode: the state of one shared type, and KeyEntry: one key of it.
#pragma once

#include "ycpp/doc/block.h"

#include <cstdint>
#include <memory>

namespace ycpp {

class PositionIndex;

namespace edit {
class SearchMarkers;
}

struct TypeNode {
  BlockIndex item{kNone};   // the block that holds it; kNone for a root
  BlockIndex start{kNone};  // first block of the sequence
  Clock length{0};          // countable units that are not deleted, without keyed ones
  TypeKind kind{TypeKind::Untyped};
  bool has_formatting{false};     // a format block was ever integrated here
  bool is_gone{false};            // its content was garbage collected
  NameIndex name{kNone};          // of a root, or the node name of an element or hook
  EntryIndex first_entry{kNone};  // keys in the order in which they were first set
  EntryIndex last_entry{kNone};
  // Built on the first access by index; nullptr while nobody asked.
  std::unique_ptr<PositionIndex> positions;
  // Places that edits of the sequence remember.
  std::unique_ptr<edit::SearchMarkers> markers;
  // Position in the list of changed types of transaction `changed_in`.
  std::uint64_t changed_in{0};
  std::uint32_t changed_at{0};

  TypeNode();
  TypeNode(TypeNode&&) noexcept;
  TypeNode& operator=(TypeNode&&) noexcept;
  TypeNode(const TypeNode&) = delete;
  TypeNode& operator=(const TypeNode&) = delete;
  ~TypeNode();
};

// A key of a type. Its values form a chain through Block::left; `last` is the current one, deleted
// or not. An entry whose `last` is kNone is not in the list of its type.
struct KeyEntry {
  TypeIndex type{kNone};
  NameIndex key{kNone};
  BlockIndex last{kNone};
  EntryIndex next{kNone};
  std::uint64_t changed_in{0};  // the last transaction that noted a change of it
};

}  // namespace ycpp
