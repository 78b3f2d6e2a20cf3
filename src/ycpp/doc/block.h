// Block: the unit of storage of a document, a run of units that one client wrote in one go. It is
// an item (with links and a content), or a `gc` that only keeps the clock space.
//
// 40 bytes and 32-bit links, because a document is a few bytes of text and very many of these. What
// does not fit (a clock above 2^32, more than 65,534 clients) lives in a side table, see
// BlockStore::WideFields.
#pragma once

#include "ycpp/block_kind.h"
#include "ycpp/id.h"

#include <cstdint>

namespace ycpp {

// Position of a block in the arena of its document. Stays the same until the block is merged away.
using BlockIndex = std::uint32_t;
// A client's position in the table of its document.
using ClientIndex = std::uint32_t;
// A type's position in the table of its document; never reused.
using TypeIndex = std::uint32_t;
// A position in the table of (type, key) pairs of a document.
using EntryIndex = std::uint32_t;
// A string's position in the table of keys and names of a document.
using NameIndex = std::uint32_t;

inline constexpr std::uint32_t kNone = 0xFFFFFFFF;

// The largest clock that a block has itself.
inline constexpr Clock kNarrowClockMax = 0xFFFFFFFF;

// No client, in the 16 bits that a block has for one.
inline constexpr std::uint16_t kNarrowNone = 0xFFFF;

namespace block_flag {
inline constexpr std::uint8_t kDeleted = 1;
inline constexpr std::uint8_t kKeep = 2;      // an undo manager may bring it back: no gc
inline constexpr std::uint8_t kRedone = 4;    // see BlockStore::redone
inline constexpr std::uint8_t kKeyed = 8;     // `parent` is an EntryIndex, not a TypeIndex
inline constexpr std::uint8_t kUnicode = 16;  // a text with characters above U+007F
inline constexpr std::uint8_t kWide = 32;     // ids in the side table
inline constexpr std::uint8_t kMarked = 64;   // see edit::SearchMarkers
}  // namespace block_flag

// An id with its client interned.
struct LocalId {
  ClientIndex client{kNone};
  Clock clock{0};

  [[nodiscard]] bool is_set() const noexcept { return client != kNone; }

  friend constexpr bool operator==(const LocalId&, const LocalId&) = default;
};

struct Block {
  std::uint32_t clock;  // wide: position in the side table
  std::uint32_t length;
  std::uint32_t origin_clock;
  std::uint32_t right_origin_clock;
  BlockIndex left;
  BlockIndex right;
  std::uint32_t parent;  // EntryIndex when keyed, else TypeIndex
  std::uint32_t
      content;  // by kind: heap address, TypeIndex, or position in the table of subdocuments
  std::uint16_t client;
  std::uint16_t origin_client;
  std::uint16_t right_origin_client;
  BlockKind kind;  // never Skip
  std::uint8_t flags;
};

static_assert(sizeof(Block) == 40);

[[nodiscard]] constexpr bool is_countable(BlockKind kind) noexcept {
  return kind != BlockKind::Deleted && kind != BlockKind::Format && kind != BlockKind::Gc &&
         kind != BlockKind::Skip;
}

// Most blocks are of these two kinds, which take turns without a pattern: one branch for both, that
// is foreseen.
[[nodiscard]] constexpr bool is_text_or_deleted(BlockKind kind) noexcept {
  constexpr unsigned kKinds = (1U << static_cast<unsigned>(BlockKind::String)) |
                              (1U << static_cast<unsigned>(BlockKind::Deleted));
  return ((kKinds >> static_cast<unsigned>(kind)) & 1U) != 0;
}

}  // namespace ycpp
