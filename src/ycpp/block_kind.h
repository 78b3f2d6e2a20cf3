// What a block is and what a shared type is, by the numbers that the update format has for them.
//
// Layout: docs/formats/updates.md, section "Structs".
#pragma once

#include <cstdint>

namespace ycpp {

// Low five bits of the info byte of a struct: for an item the kind of its content.
enum class BlockKind : std::uint8_t {
  Gc = 0,
  Deleted = 1,
  Json = 2,
  Binary = 3,
  String = 4,
  Embed = 5,
  Format = 6,
  Type = 7,
  Any = 8,
  Doc = 9,
  Skip = 10,  // in updates alone: clock space that the update does not have
};

// The numbers are the type references of the update format, but for Untyped: a root that only an
// update has named so far.
enum class TypeKind : std::uint8_t {
  Array = 0,
  Map = 1,
  Text = 2,
  XmlElement = 3,
  XmlFragment = 4,
  XmlHook = 5,
  XmlText = 6,
  Untyped = 0xFF,
};

// Whether a shared type of this kind carries a name (XmlElement: its tag, XmlHook: its hook).
[[nodiscard]] constexpr bool has_name(TypeKind type) noexcept {
  return type == TypeKind::XmlElement || type == TypeKind::XmlHook;
}

}  // namespace ycpp
