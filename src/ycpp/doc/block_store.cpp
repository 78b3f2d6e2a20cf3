#include "ycpp/doc/block_store.h"

#include "ycpp/doc/position_index.h"
#include "ycpp/types/search_markers.h"

#include <algorithm>

namespace ycpp {

TypeNode::TypeNode() = default;
TypeNode::TypeNode(TypeNode&&) noexcept = default;
TypeNode& TypeNode::operator=(TypeNode&&) noexcept = default;
TypeNode::~TypeNode() = default;

ClientIndex BlockStore::intern_client(ClientId client) {
  const ClientIndex known = find_client(client);
  if (known != kNone) return known;
  const auto index = static_cast<ClientIndex>(clients.size());
  clients.emplace_back();
  clients.back().id = client;
  client_index_.insert(client.value(), index);
  return index;
}

void BlockStore::forget_clients_from(ClientIndex first) {
  if (first == clients.size()) return;
  bool all_erased = true;
  for (std::size_t index = clients.size(); index > first && all_erased; --index) {
    all_erased = client_index_.erase_newest(clients[index - 1].id.value());
  }
  clients.resize(first);
  if (all_erased) return;
  client_index_.clear();
  for (ClientIndex index = 0; index < first; ++index) {
    client_index_.insert(clients[index].id.value(), index);
  }
}

const std::vector<ClientIndex>& BlockStore::clients_descending() {
  if (clients_unsorted_) {
    std::sort(sorted_clients_.begin(), sorted_clients_.end(),
              [this](ClientIndex a, ClientIndex b) { return clients[a].id > clients[b].id; });
    clients_unsorted_ = false;
  }
  return sorted_clients_;
}

void BlockStore::append(BlockIndex block) {
  const ClientIndex client = blocks.client(block);
  ClientRecord& record = clients.data()[client];
  if (record.list.empty()) [[unlikely]] {
    clients_unsorted_ = clients_unsorted_ || (!sorted_clients_.empty() &&
                                              clients[sorted_clients_.back()].id < record.id);
    sorted_clients_.push_back(client);
  }
  record.list.append(blocks, block);
  record.state = blocks.end(block);
}

void BlockStore::forget_blocks_from(ClientIndex client, Clock clock) {
  ClientRecord& record = clients[client];
  BlockList::Position position = record.list.find(blocks, clock);
  if (record.list.to_previous(position)) {
    record.list.truncate_after(position);
  } else {
    record.list = BlockList{};
  }
  record.state = clock;
  record.tail_block = kNone;
}

void BlockStore::forget_clients_without_blocks() {
  std::erase_if(sorted_clients_,
                [this](ClientIndex client) { return clients[client].list.empty(); });
}

BlockIndex BlockStore::split(ClientIndex client, BlockList::Position position, Clock units) {
  const BlockIndex left = clients[client].list.at(position);
  const Clock clock = blocks.clock(left);
  const BlockIndex right = blocks.create({.client = client,
                                          .clock = clock + units,
                                          .length = blocks.length(left) - units,
                                          .origin = {client, clock + units - 1},
                                          .right_origin = blocks.right_origin(left)});
  Block& left_block = blocks[left];
  Block& right_block = blocks[right];
  constexpr std::uint8_t kOwn = block_flag::kWide;
  right_block.kind = left_block.kind;
  right_block.flags = static_cast<std::uint8_t>(
      (right_block.flags & kOwn) | (left_block.flags & static_cast<std::uint8_t>(~kOwn)));
  right_block.parent = left_block.parent;
  right_block.left = left;
  right_block.right = left_block.right;
  left_block.right = right;
  if (right_block.right != kNone) {
    blocks[right_block.right].left = right;
  } else if ((right_block.flags & block_flag::kKeyed) != 0) {
    entries[right_block.parent].last = right;
  }
  if ((left_block.flags & block_flag::kRedone) != 0) {
    const LocalId copy = redone[left];
    redone[right] = {copy.client, copy.clock + units};
  }
  split_content(left, right, units);
  blocks.set_length(left, units);
  ClientRecord& record = clients[client];
  if (record.tail_block == left) record.tail_block = kNone;
  record.list.insert_after(blocks, position, right);
  if (!is_keyed(right)) {
    TypeNode& node = types[blocks[right].parent];
    if (node.positions) node.positions->split(*this, left, right);
  }
  return right;
}

bool BlockStore::can_merge(BlockIndex left, BlockIndex right) const noexcept {
  const Block& a = blocks[left];
  const Block& b = blocks[right];
  if (a.kind != b.kind) return false;
  if (a.kind == BlockKind::Gc) return true;
  constexpr std::uint8_t kCompared = block_flag::kDeleted;
  if (((a.flags ^ b.flags) & kCompared) != 0) return false;
  if (((a.flags | b.flags) & block_flag::kRedone) != 0) return false;
  if (a.right != right) return false;
  switch (a.kind) {
    case BlockKind::String:
    case BlockKind::Any:
    case BlockKind::Json:
    case BlockKind::Deleted:
      return blocks.origin(right) == blocks.last_id(left) &&
             blocks.right_origin(left) == blocks.right_origin(right);
    case BlockKind::Gc:
    case BlockKind::Binary:
    case BlockKind::Embed:
    case BlockKind::Format:
    case BlockKind::Type:
    case BlockKind::Doc:
    case BlockKind::Skip:
      return false;
  }
  return false;
}

void BlockStore::merge(BlockIndex left, BlockIndex right) {
  Block& a = blocks[left];
  const Block& b = blocks[right];
  const Clock total = blocks.length(left) + blocks.length(right);
  if (a.kind != BlockKind::Gc) {
    if (!is_keyed(left)) {
      TypeNode& node = types[a.parent];
      if (node.positions) node.positions->merge(*this, left, right);
      if (node.markers) node.markers->merge(*this, left, right);
    }
    merge_content(left, right);
    a.flags |= static_cast<std::uint8_t>(b.flags & (block_flag::kKeep | block_flag::kUnicode));
    a.right = b.right;
    if (a.right != kNone) {
      blocks[a.right].left = left;
    } else if ((a.flags & block_flag::kKeyed) != 0) {
      entries[a.parent].last = left;
    }
  }
  blocks.set_length(left, total);
  blocks.free(right);
}

TypeIndex BlockStore::root(std::string_view name) {
  const NameIndex key = names.intern(name);
  const auto known = root_index_.find(key);
  if (known != root_index_.end()) return known->second;
  const TypeIndex type = create_type(TypeKind::Untyped, key, kNone);
  root_index_.emplace(key, type);
  roots.push_back(type);
  return type;
}

void BlockStore::forget_roots_from(std::size_t first) {
  for (std::size_t i = first; i < roots.size(); ++i) root_index_.erase(types[roots[i]].name);
  roots.resize(first);
}

TypeIndex BlockStore::find_root(std::string_view name) const {
  const NameIndex key = names.find(name);
  if (key == kNone) return kNone;
  const auto known = root_index_.find(key);
  return known == root_index_.end() ? kNone : known->second;
}

TypeIndex BlockStore::create_type(TypeKind kind, NameIndex name, BlockIndex item) {
  const auto type = static_cast<TypeIndex>(types.size());
  types.emplace_back();
  TypeNode& node = types.back();
  node.kind = kind;
  node.name = name;
  node.item = item;
  return type;
}

EntryIndex BlockStore::entry(TypeIndex type, NameIndex key) {
  const EntryIndex known = find_entry(type, key);
  if (known != kNone) return known;
  const auto index = static_cast<EntryIndex>(entries.size());
  entries.push_back({.type = type, .key = key});
  entry_index_.insert(entry_key(type, key), index);
  return index;
}

void BlockStore::set_entry_last(EntryIndex index, BlockIndex block) {
  KeyEntry& entry = entries[index];
  if (entry.last == kNone) {
    TypeNode& node = types[entry.type];
    entry.next = kNone;
    if (node.last_entry == kNone) {
      node.first_entry = index;
    } else {
      entries[node.last_entry].next = index;
    }
    node.last_entry = index;
  }
  entry.last = block;
}

void BlockStore::drop_entries(TypeIndex type) {
  TypeNode& node = types[type];
  for (EntryIndex index = node.first_entry; index != kNone; index = entries[index].next) {
    entries[index].last = kNone;
  }
  node.first_entry = kNone;
  node.last_entry = kNone;
}

void BlockStore::shrink() {
  walk_marks = WalkMarks{};
  if (heap.garbage() > 0) compact_heap();
  heap.shrink();
}

std::size_t BlockStore::memory_bytes() const noexcept {
  std::size_t total = sizeof(*this) + blocks.memory_bytes() + heap.memory_bytes() +
                      names.memory_bytes() + client_index_.memory_bytes() +
                      entry_index_.memory_bytes();
  total += clients.capacity() * sizeof(ClientRecord) + types.capacity() * sizeof(TypeNode) +
           entries.capacity() * sizeof(KeyEntry) +
           subdocuments.capacity() * sizeof(SubdocumentRecord);
  for (const ClientRecord& client : clients) total += client.list.memory_bytes();
  for (const TypeNode& node : types) {
    if (node.positions) total += node.positions->memory_bytes();
  }
  return total;
}

}  // namespace ycpp
