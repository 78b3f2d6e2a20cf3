// Relative positions: places in a sequence that stay where they mean while others edit. Encoded as
// in Yjs, as bytes and as JSON.
//
// Layout of the bytes: 0 client clock | 1 name | 2 client clock, then assoc as a varint.
#pragma once

#include "ycpp/types/value.h"

#include <optional>
#include <string>

namespace ycpp {

// Which neighbour a position sticks to: the unit at the index (Yjs: assoc 0 and above), or the one
// in front of it (below 0).
enum class Assoc : std::uint8_t { Left, Right };

struct RelativePosition {
  // One of these says where: a unit; else the end (or start, for Left) of a root or nested type.
  std::optional<Id> item;
  std::optional<std::string> root_name;
  std::optional<Id> type;
  // As it stands on the wire: 0 or more is Right.
  std::int64_t assoc{0};

  [[nodiscard]] static Result<RelativePosition> decode(ByteView bytes);
  [[nodiscard]] static Result<RelativePosition> from_json(const Any& json);

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] Any to_json() const;

  friend bool operator==(const RelativePosition&, const RelativePosition&) = default;
};

struct AbsolutePosition {
  SharedType type;
  std::uint64_t index{0};
  Assoc assoc{Assoc::Right};
};

// An index above the length is the end.
[[nodiscard]] RelativePosition create_relative_position_from_type_index(const SharedType& type,
                                                                        std::uint64_t index,
                                                                        Assoc assoc = Assoc::Right);

// Where a position is now. Nothing if what it names is not here yet or was garbage collected. With
// `follow_undone_deletions` a unit that was deleted and brought back by undo is its copy.
[[nodiscard]] std::optional<AbsolutePosition> create_absolute_position_from_relative_position(
    const RelativePosition& position, Doc& doc, bool follow_undone_deletions = true);

}  // namespace ycpp
