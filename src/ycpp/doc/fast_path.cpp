#include "ycpp/doc/fast_path.h"

#include "ycpp/doc/position_index.h"
#include "ycpp/doc/transaction_end.h"
#include "ycpp/encoding/raw_struct.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/types/search_markers.h"

namespace ycpp {

namespace {

// Reads numbers in their shortest form, which is how the update event would write them.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) noexcept : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }

  [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }

  [[nodiscard]] bool take(std::uint8_t byte) noexcept {
    if (at_ == end_ || *at_ != byte) return false;
    ++at_;
    return true;
  }

  std::uint64_t var_uint() noexcept {
    std::uint64_t value = 0;
    constexpr unsigned kShiftMax = 49;
    for (unsigned shift = 0; shift <= kShiftMax && at_ != end_; shift += 7) {
      const std::uint8_t byte = *at_++;
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) {
        ok_ = ok_ && (byte != 0 || shift == 0);
        return value;
      }
    }
    ok_ = false;
    return 0;
  }

  ByteView bytes(std::uint64_t count) noexcept {
    if (count > static_cast<std::uint64_t>(end_ - at_)) {
      ok_ = false;
      return {};
    }
    const ByteView view{at_, static_cast<std::size_t>(count)};
    at_ += count;
    return view;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_{true};
};

}  // namespace

struct FastPath::Typing {
  Clock clock{0};
  bool has_right_origin{false};
  Id right_origin;
  ByteView text;
};

bool FastPath::apply(ByteView update) {
  // 01 01 client clock info …: one struct of one client.   00 01 client 01 clock length: one range.
  constexpr std::size_t kShortest = 6;
  if (update.size() < kShortest || update[1] != 1) return false;
  if (update[0] == 1) return apply_typing(update);
  return update[0] == 0 && apply_deletion(update);
}

bool FastPath::apply_typing(ByteView update) {
  Cursor cursor(update.subspan(2));
  const ClientId client{cursor.var_uint()};
  Typing typing;
  typing.clock = cursor.var_uint();
  constexpr std::uint8_t kText = static_cast<std::uint8_t>(ContentKind::String) | kInfoOrigin;
  typing.has_right_origin = cursor.take(kText | kInfoRightOrigin);
  if (!typing.has_right_origin && !cursor.take(kText)) return false;
  const ClientId origin_client{cursor.var_uint()};
  const Clock origin_clock = cursor.var_uint();
  if (!(origin_client == client) || origin_clock + 1 != typing.clock) return false;
  if (typing.has_right_origin) {
    typing.right_origin.client = ClientId{cursor.var_uint()};
    typing.right_origin.clock = cursor.var_uint();
  }
  typing.text = cursor.bytes(cursor.var_uint());
  if (!cursor.take(0) || !cursor.at_end() || !cursor.ok() || typing.text.empty()) return false;
  const ClientIndex index = store_.find_client(client);
  if (index == kNone || client == options_.own_client) return false;
  ClientRecord& record = store_.clients[index];
  if (!can_append(record, typing)) return false;
  const TextShape shape = measure_utf8(runnel::as_text(typing.text));
  if (!shape.valid || !store_.heap.can_hold(typing.text.size())) return false;
  const BlockIndex block = record.list.last();
  store_.append_text(block, typing.text, shape.utf16_length, !shape.ascii);
  record.state += shape.utf16_length;
  TypeNode& parent = store_.types[store_.blocks[block].parent];
  parent.length += shape.utf16_length;
  if (parent.positions) parent.positions->resize(store_, block);
  if (parent.markers) parent.markers->clear();
  return true;
}

// Whether the text would be put directly behind the last block of its client and joined with it.
bool FastPath::can_append(ClientRecord& record, const Typing& typing) const noexcept {
  if (record.state != typing.clock || record.list.empty()) return false;
  const BlockTable& blocks = store_.blocks;
  const BlockIndex last = record.list.last();
  const Block& block = blocks[last];
  constexpr std::uint8_t kUnusual =
      block_flag::kDeleted | block_flag::kRedone | block_flag::kKeyed | block_flag::kWide;
  if (block.kind != BlockKind::String || (block.flags & kUnusual) != 0) return false;
  const LocalId right_origin = blocks.right_origin(last);
  if (right_origin.is_set() != typing.has_right_origin) return false;
  if (!typing.has_right_origin) return block.right == kNone;
  return block.right != kNone && store_.global(right_origin) == typing.right_origin &&
         blocks.id(block.right) == right_origin;
}

bool FastPath::apply_deletion(ByteView update) {
  Cursor cursor(update.subspan(2));
  const ClientId client{cursor.var_uint()};
  if (!cursor.take(1)) return false;
  ClockRange range;
  range.clock = cursor.var_uint();
  range.length = cursor.var_uint();
  if (!cursor.ok() || !cursor.at_end() || range.length == 0 || !options_.gc) return false;
  const ClientIndex index = store_.find_client(client);
  if (index == kNone || range.end() > store_.clients[index].state) return false;
  const BlockList& list = store_.clients[index].list;
  const BlockList::Position position = list.find(store_.blocks, range.clock);
  const BlockIndex target = list.at(position);
  const Block& block = store_.blocks[target];
  constexpr std::uint8_t kUnusual = block_flag::kDeleted | block_flag::kKeep | block_flag::kRedone |
                                    block_flag::kKeyed | block_flag::kWide;
  if (block.kind != BlockKind::String && block.kind != BlockKind::Any) return false;
  if ((block.flags & kUnusual) != 0 || range.end() > store_.blocks.end(target)) return false;
  // Where formats are, deletions can make some of them superfluous.
  if (store_.types[block.parent].has_formatting) return false;
  remove_range(index, position, range);
  return true;
}

void FastPath::remove_range(ClientIndex client, BlockList::Position position, ClockRange range) {
  BlockTable& blocks = store_.blocks;
  const BlockList& list = store_.clients[client].list;
  BlockIndex target = list.at(position);
  if (const Clock before = range.clock - blocks.clock(target); before > 0) {
    target = store_.split(client, position, before);
    position = list.find(blocks, range.clock);
  }
  if (range.length < blocks.length(target)) {
    store_.split(client, position, range.length);
    position = list.find(blocks, range.clock);
  }
  TypeNode& parent = store_.types[blocks[target].parent];
  parent.length -= range.length;
  blocks[target].flags |= block_flag::kDeleted;
  if (parent.positions) parent.positions->resize(store_, target);
  if (parent.markers) parent.markers->clear();
  collect_block(store_, target);
  merge_around(store_, client, position);
  store_.compact_heap_if_worthwhile();
}

}  // namespace ycpp
