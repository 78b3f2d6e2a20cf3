#include "runnel/storage/log_codec.h"

#include "runnel/storage/checksum.h"

#include "base/check.h"

#include <utility>
#include <vector>

namespace runnel::storage {

namespace {

constexpr std::uint8_t kKeep = 1;
constexpr std::uint8_t kHasAuthor = 2;
constexpr std::uint8_t kHasSpan = 4;
constexpr std::uint8_t kKnownFlags = kKeep | kHasAuthor | kHasSpan;

void put_bytes(ByteView bytes, Bytes& out) {
  put_varint(bytes.size(), out);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::unexpected<Error> damaged(const char* what) {
  return fail(Errc::Corrupt, std::string("a stored log row is damaged: ") + what);
}

// Entries that were merged keep the time of the last one and no author.
void flush_run(std::vector<EntryView>& run, const MergeUpdates& merge, Bytes& out) {
  if (run.size() > 1) {
    std::vector<ByteView> updates;
    updates.reserve(run.size());
    std::uint64_t span = 0;
    for (const EntryView& view : run) {
      updates.push_back(view.update);
      span += view.span;
    }
    Result<Bytes> merged = merge(updates);
    if (merged) {
      LogEntry entry{.seq = span, .first_seq = 1, .time_ms = run.back().time_ms};
      entry.update = *std::move(merged);
      encode_entry(entry, out);
      run.clear();
      return;
    }
  }
  for (const EntryView& view : run) {
    out.insert(out.end(), view.encoded.begin(), view.encoded.end());
  }
  run.clear();
}

}  // namespace

void put_varint(std::uint64_t value, Bytes& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

void encode_entry(const LogEntry& entry, Bytes& out) {
  RUNNEL_CHECK(entry.first_seq <= entry.seq);
  const std::uint64_t span = entry.first_seq == 0 ? 1 : entry.seq - entry.first_seq + 1;
  std::uint8_t flags = entry.keep ? kKeep : std::uint8_t{0};
  if (!entry.author.empty()) flags |= kHasAuthor;
  if (span != 1) flags |= kHasSpan;
  out.push_back(flags);
  if (span != 1) put_varint(span, out);
  put_varint(static_cast<std::uint64_t>(entry.time_ms), out);
  if (!entry.author.empty()) put_bytes(as_bytes(entry.author), out);
  put_bytes(entry.update, out);
}

void begin_row(Bytes& row) { row.assign(kCrcBytes, 0); }

void seal_row(Bytes& row) {
  RUNNEL_CHECK(row.size() >= kCrcBytes);
  const std::uint32_t crc = crc32c(ByteView(row).subspan(kCrcBytes));
  for (std::size_t i = 0; i < kCrcBytes; ++i) row[i] = static_cast<std::uint8_t>(crc >> (8 * i));
}

Result<ByteView> open_row(ByteView row) {
  if (row.size() < kCrcBytes) return damaged("it is shorter than its checksum");
  std::uint32_t stored = 0;
  for (std::size_t i = 0; i < kCrcBytes; ++i) stored |= std::uint32_t{row[i]} << (8 * i);
  const ByteView body = row.subspan(kCrcBytes);
  if (crc32c(body) != stored) return damaged("its checksum does not match");
  return body;
}

Result<std::uint64_t> EntryReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const std::uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  return damaged("a number does not end");
}

Result<ByteView> EntryReader::take(std::uint64_t size) {
  if (size > rest_.size()) return damaged("an entry is longer than its row");
  const ByteView taken = rest_.first(static_cast<std::size_t>(size));
  rest_ = rest_.subspan(taken.size());
  return taken;
}

Result<EntryView> EntryReader::entry() {
  const ByteView start = rest_;
  EntryView view;
  const ByteView flag_byte = RUNNEL_TRY(take(1));
  const std::uint8_t flags = flag_byte.front();
  if ((flags & ~kKnownFlags) != 0) return damaged("an entry has unknown flags");
  view.keep = (flags & kKeep) != 0;
  if ((flags & kHasSpan) != 0) view.span = RUNNEL_TRY(varint());
  if (view.span == 0) return damaged("an entry stands for no position");
  const std::uint64_t time = RUNNEL_TRY(varint());
  view.time_ms = static_cast<std::int64_t>(time);
  if ((flags & kHasAuthor) != 0) {
    const std::uint64_t author_length = RUNNEL_TRY(varint());
    const ByteView author = RUNNEL_TRY(take(author_length));
    view.author = as_text(author);
  }
  const std::uint64_t length = RUNNEL_TRY(varint());
  view.update = RUNNEL_TRY(take(length));
  view.encoded = start.first(start.size() - rest_.size());
  return view;
}

LogEntry to_log_entry(const EntryView& view, Seq seq) {
  LogEntry entry{.seq = seq, .first_seq = seq - view.span + 1, .time_ms = view.time_ms};
  entry.author = view.author;
  entry.keep = view.keep;
  entry.update = to_bytes(view.update);
  return entry;
}

Result<Bytes> merge_entries(ByteView entries, const MergeUpdates& merge) {
  Bytes out;
  out.reserve(entries.size());
  std::vector<EntryView> run;
  EntryReader reader(entries);
  while (!reader.done()) {
    const EntryView view = RUNNEL_TRY(reader.entry());
    if (view.keep) {
      flush_run(run, merge, out);
      out.insert(out.end(), view.encoded.begin(), view.encoded.end());
    } else {
      run.push_back(view);
    }
  }
  flush_run(run, merge, out);
  return out;
}

Result<std::size_t> count_entries(ByteView entries) {
  std::size_t count = 0;
  for (EntryReader reader(entries); !reader.done(); ++count) RUNNEL_TRY_VOID(reader.entry());
  return count;
}

}  // namespace runnel::storage
