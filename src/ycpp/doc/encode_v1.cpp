#include "ycpp/doc/encode_v1.h"

#include "ycpp/doc/value_walk.h"
#include "ycpp/encoding/any.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/json.h"
#include "ycpp/encoding/utf.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>

namespace ycpp {

namespace {

class BlockWriterV1 {
 public:
  BlockWriterV1(ByteWriter& writer, const BlockStore& store) noexcept
      : writer_(writer), store_(store), blocks_(store.blocks) {}

  // Without its first `offset` units.
  void write(BlockIndex index, Clock offset) {
    const Block& block = blocks_[index];
    if (offset == 0 && write_common(block)) return;
    if (block.kind == BlockKind::Gc) {
      writer_.u8(0);
      writer_.var_uint(blocks_.length(index) - offset);
      return;
    }
    const LocalId origin = offset > 0
                               ? LocalId{blocks_.client(index), blocks_.clock(index) + offset - 1}
                               : blocks_.origin(index);
    const LocalId right_origin = blocks_.right_origin(index);
    const bool is_keyed = (block.flags & block_flag::kKeyed) != 0;
    auto info = static_cast<std::uint8_t>(block.kind);
    if (origin.is_set()) info |= kInfoOrigin;
    if (right_origin.is_set()) info |= kInfoRightOrigin;
    if (is_keyed) info |= kInfoParentSub;
    writer_.u8(info);
    if (origin.is_set()) write_id(origin);
    if (right_origin.is_set()) write_id(right_origin);
    if (!origin.is_set() && !right_origin.is_set()) write_parent(index, is_keyed);
    write_content(index, block, offset);
  }

 private:
  void write_id(LocalId id) {
    writer_.var_uint(store_.clients.data()[id.client].id.value());
    writer_.var_uint(id.clock);
  }

  // Most blocks by far: a text in ASCII, or nothing any more, between neighbours. Everything in
  // front of the text is written without looking for room again.
  bool write_common(const Block& block) {
    constexpr std::uint8_t kUncommon =
        block_flag::kWide | block_flag::kKeyed | block_flag::kUnicode;
    if ((block.flags & kUncommon) != 0 || !is_text_or_deleted(block.kind)) return false;
    const bool is_text = block.kind == BlockKind::String;
    const bool has_origin = block.origin_client != kNarrowNone;
    const bool has_right_origin = block.right_origin_client != kNarrowNone;
    if (!has_origin && !has_right_origin) return false;
    constexpr std::size_t kHeaderBytesMax = 64;
    std::uint8_t* out = writer_.open(kHeaderBytesMax + (is_text ? block.length : 0));
    *out++ = static_cast<std::uint8_t>(static_cast<unsigned>(block.kind) |
                                       (has_origin ? kInfoOrigin : 0U) |
                                       (has_right_origin ? kInfoRightOrigin : 0U));
    if (has_origin) out = put_var_uint(put_client(out, block.origin_client), block.origin_clock);
    if (has_right_origin) {
      out = put_var_uint(put_client(out, block.right_origin_client), block.right_origin_clock);
    }
    out = put_var_uint(out, block.length);
    if (is_text) {
      std::memcpy(out, store_.heap.at(block.content), block.length);
      out += block.length;
    }
    writer_.close(out);
    return true;
  }

  // Few clients are named over and over, so the last one is kept as it is written.
  std::uint8_t* put_client(std::uint8_t* out, ClientIndex client) noexcept {
    if (client != cached_client_) {
      cached_client_ = client;
      const std::uint64_t id = store_.clients.data()[client].id.value();
      cached_bytes_ = static_cast<std::size_t>(put_var_uint(cached_.data(), id) - cached_.data());
    }
    std::memcpy(out, cached_.data(), cached_.size());
    return out + cached_bytes_;
  }

  void write_parent(BlockIndex index, bool is_keyed) {
    const TypeNode& parent = store_.types[store_.parent_type(index)];
    if (parent.item == kNone) {
      writer_.u8(1);
      writer_.var_string(store_.names.text(parent.name));
    } else {
      writer_.u8(0);
      write_id(blocks_.id(parent.item));
    }
    if (is_keyed) {
      writer_.var_string(store_.names.text(store_.entries[blocks_[index].parent].key));
    }
  }

  void write_content(BlockIndex index, const Block& block, Clock offset) {
    switch (block.kind) {
      case BlockKind::String:
        return write_text(index, block, offset);
      case BlockKind::Deleted:
        return writer_.var_uint(blocks_.length(index) - offset);
      case BlockKind::Any:
      case BlockKind::Json:
        writer_.var_uint(blocks_.length(index) - offset);
        return writer_.bytes(offset == 0 ? store_.content_view(index)
                                         : store_.content_view_from(index, offset));
      case BlockKind::Binary:
        return writer_.bytes(store_.content_view(index));
      case BlockKind::Embed:
        return write_value(store_.heap.at(block.content));
      case BlockKind::Format: {
        const std::uint8_t* const at = store_.heap.at(block.content);
        const std::size_t key_bytes = walk::var_bytes(at);
        writer_.bytes(ByteView{at, key_bytes});
        return write_value(at + key_bytes);
      }
      case BlockKind::Type: {
        const TypeNode& type = store_.types[block.content];
        writer_.u8(static_cast<std::uint8_t>(type.kind));
        if (has_name(type.kind)) writer_.var_string(store_.names.text(type.name));
        return;
      }
      case BlockKind::Doc: {
        const SubdocumentRecord& document = store_.subdocuments[block.content];
        writer_.var_string(document.guid);
        return writer_.bytes(document.options);
      }
      case BlockKind::Gc:
      case BlockKind::Skip:
        return;
    }
  }

  void write_text(BlockIndex index, const Block& block, Clock offset) {
    if ((block.flags & block_flag::kUnicode) == 0) {
      const auto bytes = static_cast<std::size_t>(blocks_.length(index) - offset);
      writer_.var_bytes({store_.heap.at(block.content) + offset, bytes});
      return;
    }
    const std::string_view text = runnel::as_text(store_.content_view(index));
    if (offset == 0 && !has_lone_surrogate(text)) return writer_.var_string(text);
    writer_.var_string(to_well_formed(slice_utf16(text, offset, blocks_.length(index))));
  }

  void write_value(const std::uint8_t* at) {
    const auto form = static_cast<ValueForm>(*at++);
    const std::uint64_t count = walk::var_uint(at);
    const ByteView value{at, static_cast<std::size_t>(count)};
    if (form == ValueForm::Json) return writer_.var_bytes(value);
    ByteReader reader(value);
    writer_.var_string(to_well_formed(to_json(read_any(reader))));
  }

  ByteWriter& writer_;
  const BlockStore& store_;
  const BlockTable& blocks_;
  ClientIndex cached_client_{kNone};
  std::array<std::uint8_t, 8> cached_{};
  std::size_t cached_bytes_{0};
};

void write_section(ByteWriter& writer, const BlockStore& store, EncodeFrom from) {
  const ClientRecord& record = store.clients[from.client];
  BlockWriterV1 blocks(writer, store);
  const BlockList::Position position = record.list.find(store.blocks, from.clock);
  writer.var_uint(record.list.count_from(position));
  writer.var_uint(record.id.value());
  writer.var_uint(from.clock);
  const BlockIndex first = record.list.at(position);
  blocks.write(first, from.clock - store.blocks.clock(first));
  std::uint32_t slot = position.slot + 1;
  for (std::uint32_t leaf = position.leaf; leaf < record.list.leaf_count(); ++leaf) {
    const std::span<const BlockIndex> in_leaf = record.list.leaf(leaf);
    for (const BlockIndex block : in_leaf.subspan(slot)) blocks.write(block, 0);
    slot = 0;
  }
}

// Collects the runs of deleted blocks of one client, whose blocks follow each other without gaps.
class DeletedRuns {
 public:
  static constexpr std::size_t kAtOnce = 128;

  DeletedRuns(const BlockTable& blocks, ClientIndex client,
              std::vector<LocalRange>& deletes) noexcept
      : blocks_(blocks), client_(client), deletes_(deletes) {}

  // At most kAtOnce blocks. Which of them are deleted follows no pattern: each clock is written and
  // then counted or not.
  void add(std::span<const BlockIndex> blocks) {
    std::array<Clock, kAtOnce> turns{};
    Clock* turn = turns.data();
    bool is_open = is_open_;
    for (const BlockIndex index : blocks) {
      const bool is_deleted = blocks_.is_deleted(index);
      *turn = blocks_.clock(index);
      turn += is_deleted != is_open ? 1 : 0;
      is_open = is_deleted;
    }
    for (const Clock* at = turns.data(); at != turn; ++at) take_turn(*at);
  }

  // `end` is the clock behind the last block.
  void finish(Clock end) {
    if (is_open_) take_turn(end);
  }

 private:
  void take_turn(Clock clock) {
    if (is_open_) {
      deletes_.back().range.length = clock - deletes_.back().range.clock;
    } else {
      deletes_.push_back({client_, {clock, 0}});
    }
    is_open_ = !is_open_;
  }

  const BlockTable& blocks_;
  ClientIndex client_;
  std::vector<LocalRange>& deletes_;
  bool is_open_{false};  // the last block that was added is deleted
};

}  // namespace

void write_sections_v1(ByteWriter& writer, const BlockStore& store,
                       std::span<const EncodeFrom> clients) {
  writer.var_uint(clients.size());
  for (const EncodeFrom& from : clients) write_section(writer, store, from);
}

void write_deletes(ByteWriter& writer, UpdateFormat format, const BlockStore& store,
                   std::span<const LocalRange> deletes) {
  const bool is_v2 = format == UpdateFormat::V2;
  std::uint64_t client_count = 0;
  for (std::size_t i = 0; i < deletes.size(); ++i) {
    if (i == 0 || deletes[i].client != deletes[i - 1].client) ++client_count;
  }
  writer.var_uint(client_count);
  for (std::size_t begin = 0; begin < deletes.size();) {
    std::size_t end = begin + 1;
    while (end < deletes.size() && deletes[end].client == deletes[begin].client) ++end;
    writer.var_uint(store.clients[deletes[begin].client].id.value());
    writer.var_uint(end - begin);
    Clock last = 0;  // V2 counts from the end of the range before, and lengths from one
    for (; begin < end; ++begin) {
      const ClockRange& range = deletes[begin].range;
      writer.var_uint(range.clock - last);
      writer.var_uint(is_v2 ? range.length - 1 : range.length);
      if (is_v2) last = range.end();
    }
  }
}

void write_all_deletes_v1(ByteWriter& writer, BlockStore& store) {
  std::vector<LocalRange> deletes;
  collect_all_deletes(store, deletes);
  write_deletes(writer, UpdateFormat::V1, store, deletes);
}

void collect_all_deletes(BlockStore& store, std::vector<LocalRange>& deletes) {
  for (const ClientIndex client : store.clients_descending()) {
    const ClientRecord& record = store.clients[client];
    DeletedRuns runs(store.blocks, client, deletes);
    for (std::uint32_t leaf = 0; leaf < record.list.leaf_count(); ++leaf) {
      std::span<const BlockIndex> blocks = record.list.leaf(leaf);
      while (!blocks.empty()) {
        const std::size_t count = std::min(blocks.size(), DeletedRuns::kAtOnce);
        runs.add(blocks.first(count));
        blocks = blocks.subspan(count);
      }
    }
    runs.finish(record.state);
  }
}

}  // namespace ycpp
