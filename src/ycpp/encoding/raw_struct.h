// RawStruct: one struct of an update as it stands on the wire, its header decoded and its content a
// view. Reading it allocates nothing and integrates nothing.
//
// Layout: docs/formats/updates.md, section "Structs".
#pragma once

#include "ycpp/block_kind.h"
#include "ycpp/id.h"

#include <cstdint>
#include <string_view>

namespace ycpp {

// High three bits of the info byte.
inline constexpr std::uint8_t kInfoOrigin = 0x80;
inline constexpr std::uint8_t kInfoRightOrigin = 0x40;
inline constexpr std::uint8_t kInfoParentSub = 0x20;
inline constexpr std::uint8_t kInfoKindMask = 0x1F;

// The kind of the struct with this info byte.
[[nodiscard]] constexpr BlockKind kind_of(std::uint8_t info) noexcept {
  return static_cast<BlockKind>(info & kInfoKindMask);
}

// How the value of an Embed or Format is written: as text in V1, as any in V2.
enum class ValueForm : std::uint8_t { Json, Any };

struct RawContent {
  BlockKind kind{BlockKind::Gc};

  // Type only.
  TypeKind type{TypeKind::Array};

  // Embed and Format only: how `values` is written.
  ValueForm form{ValueForm::Json};

  // String only: then a UTF-16 offset is a byte offset.
  bool ascii{false};

  // In clock units: UTF-16 code units of a String, values of Any and Json, 1 for Binary, Embed,
  // Format, Type and Doc. At least 1.
  Clock length{0};

  // String: the text. Format: the key. Type: the name, if it has one. Doc: the guid. UTF-8; where a
  // V2 writer has cut a surrogate pair the text of a String holds the half (encoding/utf.h).
  std::string_view text;

  // Any: `length` any values, back to back. Json: `length` strings as V1 has them, each a length in
  // bytes and JSON text or the bare word undefined. Binary: the bytes. Embed, Format: one value.
  // Doc: the options, one any value. All of it checked.
  ByteView values;
};

// Where the parent of an item is written.
enum class ParentKind : std::uint8_t {
  Neighbour,  // nowhere: it is that of the item to the left, or else to the right
  Root,       // a name
  Item,       // the id of the item that holds the type
};

// Views point into the update, or into the reader where a V2 column had to be put together; they
// live as long as both do.
struct RawStruct {
  Id id;

  // As read. For an item: origin present (kInfoOrigin), right origin present (kInfoRightOrigin),
  // in a map (kInfoParentSub), kind of content.
  std::uint8_t info{0};

  ParentKind parent_kind{ParentKind::Neighbour};

  // The key itself is on the wire: only where the parent is.
  bool has_parent_sub{false};

  RawContent content;

  Id origin;        // meaningful if has_origin()
  Id right_origin;  // meaningful if has_right_origin()
  Id parent_item;   // meaningful for ParentKind::Item

  std::string_view parent_root;  // meaningful for ParentKind::Root
  std::string_view parent_sub;   // meaningful if has_parent_sub

  // V1 only: the struct as it stands in the update, and the part of it that is content.
  ByteView wire;
  ByteView content_wire;

  [[nodiscard]] bool is_item() const noexcept {
    return content.kind != BlockKind::Gc && content.kind != BlockKind::Skip;
  }

  [[nodiscard]] bool has_origin() const noexcept { return (info & kInfoOrigin) != 0; }

  [[nodiscard]] bool has_right_origin() const noexcept { return (info & kInfoRightOrigin) != 0; }

  // The clock behind its last unit.
  [[nodiscard]] Clock end() const noexcept { return id.clock + content.length; }
};

}  // namespace ycpp
