// Edit: what one local change works with, and the steps every type is edited with: making a block
// of some content at a place, cutting and deleting blocks, reading what a block holds.
//
// Engine internal.
#pragma once

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/integrator.h"
#include "ycpp/doc/transaction.h"
#include "ycpp/types/attributes.h"
#include "ycpp/types/content.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ycpp::edit {

// Where a format's value came from, for values that JavaScript compares by identity (attributes.h).
using FormatSources = std::unordered_map<Id, Id>;

struct Edit {
  Edit(BlockStore& block_store, Transaction& open_transaction, ClientIndex own_client,
       FormatSources& format_sources) noexcept
      : store(block_store),
        transaction(open_transaction),
        integrator(block_store, open_transaction),
        own(own_client),
        sources(format_sources) {}

  BlockStore& store;
  Transaction& transaction;
  Integrator integrator;
  ClientIndex own;
  FormatSources& sources;
};

// A place in a sequence (key kNone) or in the chain of a key.
struct Place {
  TypeIndex parent{kNone};
  NameIndex key{kNone};
  BlockIndex left{kNone};
  BlockIndex right{kNone};
};

// ---- new blocks, all by the document's own client ----

BlockIndex insert_text_block(Edit& edit, const Place& place, std::string_view text);
BlockIndex insert_any_block(Edit& edit, const Place& place, std::span<const Any* const> values);
BlockIndex insert_binary_block(Edit& edit, const Place& place, ByteView bytes);
BlockIndex insert_embed_block(Edit& edit, const Place& place, const Any& value);
// `value` learns which unit it belongs to, if it has an identity and none yet.
BlockIndex insert_format_block(Edit& edit, const Place& place, std::string_view key,
                               AttributeValue& value);
BlockIndex insert_subdocument_block(Edit& edit, const Place& place, const NewSubdocument& document);
// The type and everything that it holds from the start.
BlockIndex insert_type_block(Edit& edit, const Place& place, const NewType& type);
// A copy of what a block holds; of a type an empty one of the same kind.
BlockIndex insert_copy(Edit& edit, const Place& place, BlockIndex source);
// What Yjs makes of one value in a list or map.
BlockIndex insert_content_block(Edit& edit, const Place& place, const Content& content);

// ---- blocks ----

[[nodiscard]] inline bool is_deleted(const BlockStore& store, BlockIndex block) noexcept {
  return (store.blocks[block].flags & block_flag::kDeleted) != 0;
}

[[nodiscard]] inline bool is_visible(const BlockStore& store, BlockIndex block) noexcept {
  return !is_deleted(store, block) && is_countable(store.blocks[block].kind);
}

[[nodiscard]] inline bool is_format(const BlockStore& store, BlockIndex block) noexcept {
  return store.blocks[block].kind == BlockKind::Format;
}

// Cuts `block` behind its first `units` units if they are fewer than it has. The first part keeps
// its index; the second is returned, or `block` when nothing was cut.
BlockIndex cut(Edit& edit, BlockIndex block, Clock units);

// ---- contents ----

[[nodiscard]] std::string_view text_of(const BlockStore& store, BlockIndex block) noexcept;
[[nodiscard]] Any embed_of(const BlockStore& store, BlockIndex block);
// The unit at `offset` of a block of kind Any, Json or Binary.
[[nodiscard]] Any value_at(const BlockStore& store, BlockIndex block, Clock offset);
// All units of a block of kind Any or Json.
[[nodiscard]] AnyArray values_of(const BlockStore& store, BlockIndex block);

struct Format {
  std::string key;
  AttributeValue value;
};

[[nodiscard]] std::string_view format_key(const BlockStore& store, BlockIndex block) noexcept;
[[nodiscard]] Format format_of(const BlockStore& store, const FormatSources& sources,
                               BlockIndex block);

}  // namespace ycpp::edit
