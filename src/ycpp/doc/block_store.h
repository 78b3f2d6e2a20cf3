// BlockStore: the state of one document without its history of transactions: blocks, the list of
// each client, contents, types and their keys. It can find, split and join blocks, and knows what a
// content is made of; who may call when is the business of Integrator and TransactionEnd.
//
// Engine internal: the fields are open to the engine's parts and to nobody else.
#pragma once

#include "ycpp/doc/block_list.h"
#include "ycpp/doc/block_table.h"
#include "ycpp/doc/name_table.h"
#include "ycpp/doc/text_heap.h"
#include "ycpp/doc/type_node.h"
#include "ycpp/doc/u64_map.h"
#include "ycpp/encoding/raw_struct.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ycpp {

struct ClientRecord {
  ClientId id;
  BlockList list;
  Clock state{0};  // the clock that its next unit will have

  // State at the start of transaction `touched_in`, when that changed it.
  std::uint64_t touched_in{0};
  Clock state_before{0};

  // The content of `tail_block` ends at `tail_end`, with `tail_spare` free bytes behind it, so that
  // typing appends in place.
  BlockIndex tail_block{kNone};
  HeapAddress tail_end{0};
  std::uint32_t tail_spare{0};

  // Position in the list of what an update brings, while one is applied.
  std::uint32_t target{kNone};
};

// A document inside the document, as its block names it.
struct SubdocumentRecord {
  BlockIndex item{kNone};
  std::string guid;
  Bytes options;  // one `any` object, as it stands on the wire
  // Position in Transaction::subdocuments_added of the transaction that brought it.
  std::uint32_t added_at{kNone};
  bool should_load{false};
};

// A cut that replaced the units on both its sides by U+FFFD, and what they were, in WTF-8.
struct DamagingCut {
  LocalId behind;  // the first unit on its right
  std::string last_unit;
  std::string next_unit;
};

// Stamps on blocks for the walk over concurrent insertions: a block's stamp says whether and when
// the current walk passed it. Empty until the first conflict.
class WalkMarks {
 public:
  void begin(std::size_t block_count) {
    if (stamps_.size() < block_count) stamps_.resize(block_count, 0);
    if (next_ > kStampMax) {
      std::fill(stamps_.begin(), stamps_.end(), 0);
      next_ = 1;
    }
    walk_from_ = next_;
  }

  // The stamp that the next block gets.
  [[nodiscard]] std::uint32_t next() const noexcept { return next_; }

  void stamp(BlockIndex block) noexcept { stamps_[block] = next_++; }

  [[nodiscard]] std::uint32_t stamp_of(BlockIndex block) const noexcept { return stamps_[block]; }

  [[nodiscard]] bool is_in_walk(std::uint32_t stamp) const noexcept { return stamp >= walk_from_; }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return stamps_.capacity() * sizeof(std::uint32_t);
  }

 private:
  // A walk passes each block once at most, and there are fewer than 2^31 in memory.
  static constexpr std::uint32_t kStampMax = 0x7FFFFFFF;

  std::vector<std::uint32_t> stamps_;
  std::uint32_t next_{1};
  std::uint32_t walk_from_{1};
};

class BlockStore {
 public:
  explicit BlockStore(std::uint64_t hash_salt)
      : hash_salt_(hash_salt), client_index_(hash_salt), entry_index_(hash_salt) {}

  BlockTable blocks;
  TextHeap heap;
  NameTable names;
  std::vector<ClientRecord> clients;
  std::vector<TypeNode> types;
  std::vector<TypeIndex> roots;  // in the order in which they were first named
  std::vector<KeyEntry> entries;
  std::vector<SubdocumentRecord> subdocuments;
  std::vector<DamagingCut> damaging_cuts;  // of the transaction under way, in their order
  WalkMarks walk_marks;
  std::size_t last_state_bytes{0};  // how long the last encoding was: what the next one will need
  std::unordered_map<BlockIndex, LocalId> redone;  // of blocks with block_flag::kRedone

  // ---- clients ----

  [[nodiscard]] ClientIndex find_client(ClientId client) const noexcept {
    return client_index_.find(client.value());
  }

  ClientIndex intern_client(ClientId client);

  // Forgets the clients from this position on, which a refused update has named.
  void forget_clients_from(ClientIndex first);

  [[nodiscard]] Clock state(ClientId client) const noexcept {
    const ClientIndex index = find_client(client);
    return index == kNone ? 0 : clients[index].state;
  }

  // Clients that have blocks, by descending id, as Yjs writes them.
  [[nodiscard]] const std::vector<ClientIndex>& clients_descending();

  [[nodiscard]] Id global(LocalId id) const noexcept {
    return {clients.data()[id.client].id, id.clock};
  }

  // ---- blocks ----

  [[nodiscard]] BlockList::Position position_of(LocalId id) const noexcept {
    return clients.data()[id.client].list.find(blocks, id.clock);
  }

  // The block that contains a unit. `id` must be below the state of its client.
  [[nodiscard]] BlockIndex find(LocalId id) const noexcept {
    return clients.data()[id.client].list.at(position_of(id));
  }

  // Appends a block to the list of its client, whose state is the block's clock.
  void append(BlockIndex block);

  // Drops the blocks of a client from `clock` on, which starts one of them. The caller has unlinked
  // and freed them, and calls forget_clients_without_blocks() in the end.
  void forget_blocks_from(ClientIndex client, Clock clock);
  void forget_clients_without_blocks();

  // Cuts the block at `position` behind its first `units` units; returns the new block, which
  // stands behind it in the list. The caller notes it for merging.
  BlockIndex split(ClientIndex client, BlockList::Position position, Clock units);

  // Puts back what the cut between two blocks replaced.
  void mend_cut(BlockIndex left, BlockIndex right, const DamagingCut& cut);

  // Whether `right`, the next block of the same client, may become a part of `left`.
  [[nodiscard]] bool can_merge(BlockIndex left, BlockIndex right) const noexcept;

  // Joins the content, length and links of `right` into `left` and frees `right`. The caller takes
  // it out of the list. Keys that point to `right` are moved to `left`.
  void merge(BlockIndex left, BlockIndex right);

  [[nodiscard]] bool is_keyed(BlockIndex block) const noexcept {
    return (blocks[block].flags & block_flag::kKeyed) != 0;
  }

  // kNone for a gc block.
  [[nodiscard]] TypeIndex parent_type(BlockIndex block) const noexcept {
    const Block& item = blocks[block];
    if ((item.flags & block_flag::kKeyed) != 0) return entries.data()[item.parent].type;
    return item.parent;
  }

  // The type inside a block of kind Type.
  [[nodiscard]] TypeIndex type_of(BlockIndex block) const noexcept { return blocks[block].content; }

  // ---- types ----

  // Finds or creates the root of that name.
  TypeIndex root(std::string_view name);

  // Forgets the roots from this position of `roots` on; their types are still there.
  void forget_roots_from(std::size_t first);

  // kNone where no update and no caller has named it.
  [[nodiscard]] TypeIndex find_root(std::string_view name) const;

  TypeIndex create_type(TypeKind kind, NameIndex name, BlockIndex item);

  // Finds or creates the entry of a key.
  EntryIndex entry(TypeIndex type, NameIndex key);

  [[nodiscard]] EntryIndex find_entry(TypeIndex type, NameIndex key) const noexcept {
    return entry_index_.find(entry_key(type, key));
  }

  // Makes `block` the current value of a key.
  void set_entry_last(EntryIndex entry, BlockIndex block);

  // Forgets every key of a type whose content was garbage collected.
  void drop_entries(TypeIndex type);

  // ---- contents (content.cpp) ----

  // Bytes that a content takes in the heap. For text that is not ASCII and for arrays of values it
  // is found by walking them.
  [[nodiscard]] std::size_t content_bytes(BlockIndex block) const noexcept;

  [[nodiscard]] ByteView content_view(BlockIndex block) const noexcept {
    const std::size_t count = content_bytes(block);
    return count == 0 ? ByteView{} : ByteView{heap.at(blocks[block].content), count};
  }

  // The part of a block of kind String, Any or Json behind its first `units` units.
  [[nodiscard]] ByteView content_view_from(BlockIndex block, Clock units) const noexcept;

  HeapAddress add_content(ByteView bytes);

  HeapAddress add_binary(ByteView bytes);

  // Adds the content of an embed, or of a format when it has a key.
  HeapAddress add_value(std::string_view key, bool has_key, ValueForm form, ByteView value);

  // Forgets the content of a block that is deleted for good.
  void release_content(BlockIndex block) noexcept;

  // Appends text to the content and length of a block that stands last in its client's list.
  void append_text(BlockIndex block, ByteView text, Clock units, bool unicode);

  // Copies living contents into a new heap when most of the old one is abandoned.
  void compact_heap_if_worthwhile();
  void compact_heap();

  void shrink();

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  static std::uint64_t entry_key(TypeIndex type, NameIndex key) noexcept {
    return (std::uint64_t{type} << 32U) | key;
  }

  void split_content(BlockIndex left, BlockIndex right, Clock units);
  void split_text(BlockIndex left, BlockIndex right, Clock units);
  void merge_content(BlockIndex left, BlockIndex right);
  bool join_surrogates(BlockIndex left, BlockIndex right);
  std::uint8_t* extend_content(BlockIndex block, std::size_t bytes, std::size_t more);

  std::uint64_t hash_salt_;
  U64Map client_index_;
  U64Map entry_index_;
  std::unordered_map<NameIndex, TypeIndex> root_index_;
  std::vector<ClientIndex> sorted_clients_;
  bool clients_unsorted_{false};
};

}  // namespace ycpp
