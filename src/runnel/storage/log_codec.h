// How log entries look inside journal rows and chunk rows (docs/formats/storage.md):
//
//   entry   := flags:u8 [span:varint] time_ms:varint [author_length:varint author] length:varint
//   update flags   := 1 keep | 2 author present | 4 span present chunk   := crc32c:u32le entry*
//   journal := crc32c:u32le (room:varint seq:varint entry)*
//
// span is how many positions of the log a merged entry stands for; without it the entry stands for
// one. varint is LEB128, unsigned. The CRC covers everything after it.
#pragma once

#include "runnel/storage/room_store.h"

#include "base/bytes.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace runnel::storage {

inline constexpr std::size_t kCrcBytes = 4;

// An entry that points into the bytes it was decoded from.
struct EntryView {
  std::uint64_t span{1};
  std::int64_t time_ms{0};
  std::string_view author;
  bool keep{false};
  ByteView update;
  ByteView encoded;  // the whole entry
};

// Appends the encoding to `out`.
void encode_entry(const LogEntry& entry, Bytes& out);

void put_varint(std::uint64_t value, Bytes& out);

// Leaves room for the CRC at the start of a row, and fills it in once the row is complete.
void begin_row(Bytes& row);
void seal_row(Bytes& row);

// The row without its CRC; Corrupt when that does not match.
Result<ByteView> open_row(ByteView row);

// Reads entries one after the other.
class EntryReader {
 public:
  explicit EntryReader(ByteView bytes) : rest_(bytes) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }

  Result<EntryView> entry();
  Result<std::uint64_t> varint();

 private:
  Result<ByteView> take(std::uint64_t size);

  ByteView rest_;
};

// An entry whose last position is `seq`, copied out.
[[nodiscard]] LogEntry to_log_entry(const EntryView& view, Seq seq);

// Merges each run of entries that need not stay separate into one entry with a span; an entry that
// `merge` refuses stays as it is. `entries` has no CRC, nor has the result.
Result<Bytes> merge_entries(ByteView entries, const MergeUpdates& merge);

// How many entries there are.
Result<std::size_t> count_entries(ByteView entries);

}  // namespace runnel::storage
