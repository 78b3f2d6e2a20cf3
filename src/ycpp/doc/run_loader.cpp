#include "ycpp/doc/run_loader.h"

namespace ycpp {

std::size_t RunLoader::load(const IncomingUpdate& update, ClientIndex client, std::size_t from,
                            std::size_t to) {
  ClientRecord& record = store_.clients[client];
  // The first struct of a client notes its state.
  if (record.touched_in != transaction_.serial || client >= kNarrowNone) return from;
  // What was put in since the last run may have changed what was found out of the type.
  settled_ = kNone;
  const IncomingStruct* const structs = update.structs.data();
  while (from < to && load_one(structs[from], client, record)) ++from;
  return from;
}

inline bool RunLoader::load_one(const IncomingStruct& item, ClientIndex client,
                                ClientRecord& record) {
  BlockTable& blocks = store_.blocks;
  const Clock end = item.end();
  const bool is_plain =
      is_text_or_deleted(item.kind) && item.names == kNone && end <= kNarrowClockMax;
  if (!is_plain || item.clock != record.state) return false;
  const BlockIndex left = find_left(item);
  if (left == kNone || !blocks.has_reserve()) return false;
  const Block& before = blocks[left];
  const BlockIndex next = before.right;
  constexpr std::uint8_t kOdd = block_flag::kKeyed | block_flag::kWide;
  if (before.kind == BlockKind::Gc || (before.flags & kOdd) != 0 || !is_next(next, item)) {
    return false;
  }
  const TypeIndex parent = before.parent;
  if (parent != settled_ && !settle(parent)) return false;
  // The neighbours are not wide, so the ids that were compared with theirs fit as well.
  Block fresh{.clock = static_cast<std::uint32_t>(item.clock),
              .length = static_cast<std::uint32_t>(item.length),
              .origin_clock = static_cast<std::uint32_t>(item.origin_clock),
              .right_origin_clock = static_cast<std::uint32_t>(item.right_origin_clock),
              .left = left,
              .right = next,
              .parent = parent,
              .content = 0,
              .client = static_cast<std::uint16_t>(client),
              .origin_client = static_cast<std::uint16_t>(item.origin_client),
              .right_origin_client = static_cast<std::uint16_t>(item.right_origin_client),
              .kind = item.kind,
              .flags = block_flag::kDeleted};
  if (item.kind == BlockKind::String) {
    fresh.content = store_.add_content({item.content, item.content_bytes});
    fresh.flags = item.unicode ? block_flag::kUnicode : std::uint8_t{0};
    store_.types.data()[parent].length += item.length;
  } else {
    transaction_.deletes.push_back({client, {item.clock, item.length}});
  }
  const BlockIndex block = blocks.create_in_reserve(fresh);
  blocks[left].right = block;
  if (next != kNone) blocks[next].left = block;
  if (record.list.takes_announced(end)) [[likely]] {
    record.list.append_announced(block, end);
  } else {
    record.list.append(blocks, block);
  }
  record.state = end;
  return true;
}

// The block that ends with the origin; kNone where one would have to be looked for, or cut.
inline BlockIndex RunLoader::find_left(const IncomingStruct& item) const noexcept {
  if (item.origin_client == kNone) return kNone;
  const ClientRecord& record = store_.clients.data()[item.origin_client];
  const Clock end = item.origin_clock + 1;
  if (end == record.state) return record.list.last();
  const BlockIndex block = record.list.find_announced(store_.blocks, item.origin_clock);
  return block != kNone && store_.blocks.end(block) == end ? block : kNone;
}

// Whether what stands behind the left neighbour is the right one, so that nothing was put between
// them concurrently.
inline bool RunLoader::is_next(BlockIndex next, const IncomingStruct& item) const noexcept {
  if (next == kNone) return item.right_origin_client == kNone;
  const Block& block = store_.blocks[next];
  return block.client == item.right_origin_client && block.clock == item.right_origin_clock &&
         (block.flags & block_flag::kWide) == 0;
}

bool RunLoader::settle(TypeIndex parent) {
  const TypeNode& node = store_.types[parent];
  if (node.positions || (node.item != kNone && store_.blocks.is_deleted(node.item))) return false;
  integrator_.note_changed(parent, kNone);
  settled_ = parent;
  return true;
}

}  // namespace ycpp
