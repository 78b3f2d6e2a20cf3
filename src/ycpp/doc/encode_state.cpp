#include "ycpp/doc/encode_state.h"

#include "base/check.h"
#include "ycpp/doc/pending_merge.h"
#include "ycpp/doc/value_walk.h"
#include "ycpp/encoding/update_encoder.h"
#include "ycpp/update/diff.h"
#include "ycpp/update/merge.h"

#include <utility>
#include <vector>

namespace ycpp {

namespace {

// Clients with more than the target has, descending.
std::vector<EncodeFrom> clients_beyond(BlockStore& store, const StateVector& target) {
  std::vector<EncodeFrom> clients;
  const std::span<const StateVector::Entry> known = target.entries();
  std::size_t next = 0;
  for (const ClientIndex client : store.clients_descending()) {
    const ClientRecord& record = store.clients[client];
    while (next < known.size() && known[next].client > record.id) ++next;
    const bool is_known = next < known.size() && known[next].client == record.id;
    const Clock clock = is_known ? known[next].clock : 0;
    if (clock < record.state) clients.push_back({client, clock});
  }
  return clients;
}

// A block as the encoders of updates want it.
class BlockReader {
 public:
  explicit BlockReader(const BlockStore& store) noexcept : store_(store), blocks_(store.blocks) {}

  [[nodiscard]] RawStruct read(BlockIndex index) const {
    const Block& block = blocks_[index];
    RawStruct raw;
    raw.id = store_.global(blocks_.id(index));
    raw.content.kind = block.kind;
    raw.content.length = blocks_.length(index);
    if (block.kind == BlockKind::Gc) return raw;
    raw.info = static_cast<std::uint8_t>(block.kind);
    read_place(index, raw);
    read_content(index, raw.content);
    return raw;
  }

 private:
  void read_place(BlockIndex index, RawStruct& raw) const {
    const LocalId origin = blocks_.origin(index);
    const LocalId right_origin = blocks_.right_origin(index);
    const TypeNode& parent = store_.types[store_.parent_type(index)];
    if (origin.is_set()) {
      raw.info |= kInfoOrigin;
      raw.origin = store_.global(origin);
    }
    if (right_origin.is_set()) {
      raw.info |= kInfoRightOrigin;
      raw.right_origin = store_.global(right_origin);
    }
    if (!origin.is_set() && !right_origin.is_set()) {
      raw.parent_kind = parent.item == kNone ? ParentKind::Root : ParentKind::Item;
      if (parent.item == kNone) {
        raw.parent_root = store_.names.text(parent.name);
      } else {
        raw.parent_item = store_.global(blocks_.id(parent.item));
      }
    }
    if (!store_.is_keyed(index)) return;
    raw.info |= kInfoParentSub;
    raw.has_parent_sub = true;
    raw.parent_sub = store_.names.text(store_.entries[blocks_[index].parent].key);
  }

  void read_content(BlockIndex index, RawContent& content) const {
    const Block& block = blocks_[index];
    const ByteView bytes = store_.content_view(index);
    switch (block.kind) {
      case BlockKind::String:
        content.text = runnel::as_text(bytes);
        content.ascii = (block.flags & block_flag::kUnicode) == 0;
        return;
      case BlockKind::Any:
      case BlockKind::Json:
        content.values = bytes;
        return;
      case BlockKind::Binary: {
        const std::uint8_t* at = bytes.data();
        const std::uint64_t count = walk::var_uint(at);
        content.values = {at, static_cast<std::size_t>(count)};
        return;
      }
      case BlockKind::Embed:
        return read_value(bytes.data(), content);
      case BlockKind::Format: {
        const std::uint8_t* at = bytes.data();
        const auto count = static_cast<std::size_t>(walk::var_uint(at));
        content.text = runnel::as_text({at, count});
        return read_value(at + count, content);
      }
      case BlockKind::Type: {
        const TypeNode& type = store_.types[block.content];
        content.type = type.kind;
        if (has_name(content.type)) content.text = store_.names.text(type.name);
        return;
      }
      case BlockKind::Doc:
        content.text = store_.subdocuments[block.content].guid;
        content.values = store_.subdocuments[block.content].options;
        return;
      case BlockKind::Gc:
      case BlockKind::Deleted:
      case BlockKind::Skip:
        return;
    }
  }

  static void read_value(const std::uint8_t* at, RawContent& content) {
    content.form = static_cast<ValueForm>(*at++);
    const std::uint64_t count = walk::var_uint(at);
    content.values = {at, static_cast<std::size_t>(count)};
  }

  const BlockStore& store_;
  const BlockTable& blocks_;
};

// Blocks from `position` on that start before `end`.
std::size_t count_until(const BlockStore& store, const ClientRecord& record,
                        BlockList::Position position, Clock end) {
  if (end >= record.state) return record.list.count_from(position);
  std::size_t count = 1;
  while (record.list.to_next(position) && store.blocks.clock(record.list.at(position)) < end) {
    ++count;
  }
  return count;
}

// Most blocks by far: a text in ASCII, or nothing any more, between neighbours. It goes from the
// block into the columns. False for any other block.
bool write_common(UpdateEncoderV2& encoder, const BlockStore& store, const Block& block) {
  constexpr std::uint8_t kUncommon = block_flag::kWide | block_flag::kKeyed | block_flag::kUnicode;
  if ((block.flags & kUncommon) != 0 || !is_text_or_deleted(block.kind)) return false;
  const bool is_text = block.kind == BlockKind::String;
  const bool has_origin = block.origin_client != kNarrowNone;
  const bool has_right_origin = block.right_origin_client != kNarrowNone;
  if (!has_origin && !has_right_origin) return false;
  encoder.write_info(static_cast<std::uint8_t>(static_cast<unsigned>(block.kind) |
                                               (has_origin ? kInfoOrigin : 0U) |
                                               (has_right_origin ? kInfoRightOrigin : 0U)));
  if (has_origin) encoder.write_left_id(store.global({block.origin_client, block.origin_clock}));
  if (has_right_origin) {
    encoder.write_right_id(store.global({block.right_origin_client, block.right_origin_clock}));
  }
  if (is_text) {
    encoder.write_ascii(runnel::as_text({store.heap.at(block.content), block.length}));
  } else {
    encoder.write_len(block.length);
  }
  return true;
}

void write_section_v2(UpdateEncoderV2& encoder, const BlockStore& store, EncodeFrom from) {
  const ClientRecord& record = store.clients[from.client];
  const BlockReader reader(store);
  BlockList::Position position = record.list.find(store.blocks, from.clock);
  encoder.rest().var_uint(count_until(store, record, position, from.end));
  encoder.write_client(record.id);
  encoder.rest().var_uint(from.clock);
  const BlockIndex first = record.list.at(position);
  write_struct(encoder, reader.read(first), from.clock - store.blocks.clock(first));
  const bool is_rest = from.end >= record.state;
  while (record.list.to_next(position)) {
    const BlockIndex block = record.list.at(position);
    if (!is_rest && store.blocks.clock(block) >= from.end) break;
    if (!write_common(encoder, store, store.blocks[block])) {
      write_struct(encoder, reader.read(block));
    }
  }
}

// An update that brings nothing but deletions.
Bytes encode_deletes(const DeleteSet& deletes, UpdateFormat format) {
  if (format == UpdateFormat::V1) {
    ByteWriter writer;
    writer.u8(0);
    deletes.write(writer, format);
    return writer.to_bytes();
  }
  UpdateEncoderV2 encoder;
  encoder.rest().var_uint(0);
  deletes.write(encoder.rest(), format);
  return encoder.finish();
}

// What waits, as updates.
std::vector<Bytes> pending_updates(const BlockStore& store, const PendingStructs& structs,
                                   const PendingDeletes& deletes, const StateVector& target,
                                   UpdateFormat format) {
  std::vector<Bytes> updates;
  if (!deletes.empty()) {
    std::vector<DeleteSet::Range> ranges;
    for (const auto& [client, of_client] : deletes.ranges()) {
      for (const auto& [clock, length] : of_client) {
        ranges.push_back({store.clients[client].id, {clock, length}});
      }
    }
    updates.push_back(encode_deletes(DeleteSet::from_ranges(std::move(ranges)), format));
  }
  if (!structs.empty()) {
    Bytes waiting = encode_pending(store, structs, format);
    if (!target.empty()) {
      Result<Bytes> wanted = diff_update(waiting, target, format);
      RUNNEL_CHECK(wanted.has_value());
      waiting = std::move(*wanted);
    }
    updates.push_back(std::move(waiting));
  }
  return updates;
}

Bytes merge_all(const std::vector<Bytes>& updates, UpdateFormat format) {
  const std::vector<ByteView> views(updates.begin(), updates.end());
  Result<Bytes> merged = merge_updates(views, format);
  RUNNEL_CHECK(merged.has_value());
  return std::move(*merged);
}

}  // namespace

Bytes encode_state_v1(BlockStore& store, const PendingStructs& structs,
                      const PendingDeletes& deletes, const StateVector& target) {
  ByteWriter writer;
  const std::vector<EncodeFrom> clients = clients_beyond(store, target);
  if (!clients.empty()) writer.reserve(store.last_state_bytes);
  write_sections_v1(writer, store, clients);
  write_all_deletes_v1(writer, store);
  store.last_state_bytes = writer.size();
  if (structs.empty() && deletes.empty()) return writer.to_bytes();
  std::vector<Bytes> updates = pending_updates(store, structs, deletes, target, UpdateFormat::V1);
  updates.insert(updates.begin(), writer.to_bytes());
  return merge_all(updates, UpdateFormat::V1);
}

Bytes encode_state_v2(BlockStore& store, const PendingStructs& structs,
                      const PendingDeletes& deletes, const StateVector& target) {
  std::vector<LocalRange> all_deletes;
  collect_all_deletes(store, all_deletes);
  Bytes state = encode_update_v2(store, clients_beyond(store, target), all_deletes);
  if (structs.empty() && deletes.empty()) return state;
  std::vector<Bytes> updates = pending_updates(store, structs, deletes, target, UpdateFormat::V2);
  updates.insert(updates.begin(), std::move(state));
  return merge_all(updates, UpdateFormat::V2);
}

Bytes encode_update_v2(const BlockStore& store, std::span<const EncodeFrom> clients,
                       std::span<const LocalRange> deletes) {
  UpdateEncoderV2 encoder;
  encoder.rest().var_uint(clients.size());
  for (const EncodeFrom& from : clients) write_section_v2(encoder, store, from);
  write_deletes(encoder.rest(), UpdateFormat::V2, store, deletes);
  return encoder.finish();
}

}  // namespace ycpp
