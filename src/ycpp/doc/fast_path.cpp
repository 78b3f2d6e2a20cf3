#include "ycpp/doc/fast_path.h"

#include "ycpp/doc/position_index.h"
#include "ycpp/doc/transaction_end.h"
#include "ycpp/encoding/raw_struct.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/types/search_markers.h"

#include <array>
#include <cstring>

namespace ycpp {

namespace {

// Reads numbers in their shortest form, which is how the update event would write them.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) noexcept : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // Everything was read, and all of it in its shortest form.
  [[nodiscard]] bool is_done() const noexcept { return ok_ && at_ == end_; }

  [[nodiscard]] bool take(std::uint8_t byte) noexcept {
    if (at_ == end_ || *at_ != byte) return false;
    ++at_;
    return true;
  }

  std::uint64_t var_uint() noexcept { return groups(0, 0); }

  // A signed number, whose sign the caller knows: the columns of format V2 give a meaning to it.
  std::uint64_t var_int(bool negative) noexcept {
    constexpr std::uint8_t kSign = 0x40;
    if (at_ == end_ || ((*at_ & kSign) != 0) != negative) {
      ok_ = false;
      return 0;
    }
    const std::uint8_t first = *at_++;
    constexpr unsigned kBits = 6;
    return first < 0x80 ? first & 0x3FU : groups(first & 0x3FU, kBits);
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
  std::uint64_t groups(std::uint64_t value, unsigned shift) noexcept {
    const unsigned first_shift = shift;
    constexpr unsigned kShiftMax = 49;
    for (; shift <= kShiftMax && at_ != end_; shift += 7) {
      const std::uint8_t byte = *at_++;
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) {
        ok_ = ok_ && (byte != 0 || (shift == 0 && first_shift == 0));
        return value;
      }
    }
    ok_ = false;
    return 0;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_{true};
};

constexpr std::uint8_t kText = static_cast<std::uint8_t>(BlockKind::String) | kInfoOrigin;

}  // namespace

// A text behind what its client wrote last.
struct FastPath::Typing {
  ClientId client;
  Clock clock{0};
  bool has_right_origin{false};
  Id right_origin;
  ByteView text;
  TextShape shape;

  [[nodiscard]] bool read_v1(ByteView update) noexcept;
  [[nodiscard]] bool read_v2(ByteView update) noexcept;
  [[nodiscard]] bool measure() noexcept;
};

struct FastPath::Deletion {
  ClientId client;
  ClockRange range;

  [[nodiscard]] bool read_v1(ByteView update) noexcept;
  [[nodiscard]] bool read_v2(ByteView update) noexcept;
};

bool FastPath::Typing::measure() noexcept {
  shape = measure_utf8(runnel::as_text(text));
  return shape.valid && !text.empty();
}

// 01 structs, 01 client, client, clock, info, origin, maybe a right origin, text, 00 deletes.
bool FastPath::Typing::read_v1(ByteView update) noexcept {
  Cursor cursor(update.subspan(2));
  client = ClientId{cursor.var_uint()};
  clock = cursor.var_uint();
  has_right_origin = cursor.take(kText | kInfoRightOrigin);
  if (!has_right_origin && !cursor.take(kText)) return false;
  const ClientId origin_client{cursor.var_uint()};
  const Clock origin_clock = cursor.var_uint();
  if (!(origin_client == client) || origin_clock + 1 != clock) return false;
  if (has_right_origin) {
    right_origin.client = ClientId{cursor.var_uint()};
    right_origin.clock = cursor.var_uint();
  }
  text = cursor.bytes(cursor.var_uint());
  return cursor.take(0) && cursor.is_done() && measure();
}

// 00, no keys; the client as often as it is named, left clock, maybe a right clock, one info byte,
// one text and its length; nothing in the columns of parents, types and lengths; one struct of one
// client from that clock on, no deletes.
bool FastPath::Typing::read_v2(ByteView update) noexcept {
  Cursor cursor(update.subspan(2));
  Cursor clients(cursor.bytes(cursor.var_uint()));
  Cursor left_clock(cursor.bytes(cursor.var_uint()));
  Cursor right_clock(cursor.bytes(cursor.var_uint()));
  if (!cursor.take(1)) return false;
  has_right_origin = cursor.take(kText | kInfoRightOrigin);
  if (!has_right_origin && !cursor.take(kText)) return false;
  client = ClientId{clients.var_int(true)};
  if (has_right_origin) {
    const bool is_same = clients.take(1);
    right_origin.client = client;
    if (!is_same) {
      if (!clients.take(0)) return false;
      right_origin.client = ClientId{clients.var_int(false)};
      // The writer would have counted it as one more of the same.
      if (right_origin.client == client) return false;
    }
    const std::uint64_t difference = right_clock.var_int(false);
    right_origin.clock = difference / 2;
    if (difference % 2 != 0) return false;
  } else if (!clients.take(0)) {
    return false;
  }
  const std::uint64_t origin_difference = left_clock.var_int(false);
  Cursor strings(cursor.bytes(cursor.var_uint()));
  text = strings.bytes(strings.var_uint());
  const std::uint64_t length = strings.var_int(false);
  const bool is_one_struct =
      cursor.take(0) && cursor.take(0) && cursor.take(0) && cursor.take(1) && cursor.take(1);
  clock = cursor.var_uint();
  if (!is_one_struct || !cursor.take(0) || origin_difference % 2 != 0) return false;
  if (origin_difference / 2 + 1 != clock) return false;
  const bool is_read = clients.is_done() && left_clock.is_done() && right_clock.is_done() &&
                       strings.is_done() && cursor.is_done();
  return is_read && measure() && shape.utf16_length == length;
}

// 00 structs, 01 client, client, 01 range, clock, length.
bool FastPath::Deletion::read_v1(ByteView update) noexcept {
  Cursor cursor(update.subspan(2));
  client = ClientId{cursor.var_uint()};
  if (!cursor.take(1)) return false;
  range.clock = cursor.var_uint();
  range.length = cursor.var_uint();
  return cursor.is_done() && range.length > 0;
}

// Nothing in the columns but an empty text; then the same, with the length less one.
bool FastPath::Deletion::read_v2(ByteView update) noexcept {
  constexpr std::array<std::uint8_t, 13> kHead{0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  if (update.size() < kHead.size()) return false;
  if (std::memcmp(update.data(), kHead.data(), kHead.size()) != 0) return false;
  Cursor cursor(update.subspan(kHead.size()));
  client = ClientId{cursor.var_uint()};
  if (!cursor.take(1)) return false;
  range.clock = cursor.var_uint();
  range.length = cursor.var_uint() + 1;
  return cursor.is_done();
}

UpdateFormat FastPath::guess_format(ByteView update) noexcept {
  return update.size() > 2 && update[0] == 0 && update[1] == 0 ? UpdateFormat::V2
                                                               : UpdateFormat::V1;
}

bool FastPath::apply(ByteView update, UpdateFormat format) {
  constexpr std::size_t kShortest = 6;
  if (update.size() < kShortest) return false;
  Typing typing;
  Deletion deletion;
  if (format == UpdateFormat::V1) {
    if (update[1] != 1 || update[0] > 1) return false;
    if (update[0] == 1) return typing.read_v1(update) && type(typing);
    return deletion.read_v1(update) && erase(deletion);
  }
  if (update[0] != 0 || update[1] != 0) return false;
  if (update[2] == 0) return deletion.read_v2(update) && erase(deletion);
  return typing.read_v2(update) && type(typing);
}

bool FastPath::type(const Typing& typing) {
  const ClientIndex index = store_.find_client(typing.client);
  if (index == kNone || typing.client == options_.own_client) return false;
  ClientRecord& record = store_.clients[index];
  if (!can_append(record, typing) || !store_.heap.can_hold(typing.text.size())) return false;
  const TextShape& shape = typing.shape;
  const BlockIndex block = record.list.last();
  store_.append_text(block, typing.text, shape.utf16_length, !shape.ascii);
  record.state += shape.utf16_length;
  TypeNode& parent = store_.types[store_.blocks[block].parent];
  parent.length += shape.utf16_length;
  if (parent.positions) parent.positions->resize(store_, block);
  if (parent.markers) parent.markers->clear();
  // A text that outgrew its place has left a copy behind.
  store_.compact_heap_if_worthwhile();
  return true;
}

// Whether the text would be put directly behind the last block of its client and joined with it.
bool FastPath::can_append(const ClientRecord& record, const Typing& typing) const noexcept {
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

bool FastPath::erase(const Deletion& deletion) {
  const ClockRange range = deletion.range;
  const ClientIndex index = options_.gc ? store_.find_client(deletion.client) : kNone;
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
