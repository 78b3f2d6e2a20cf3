// StoreEngine's journal: entries that wait in memory and in journal rows until their room is folded
// into a chunk row, and reading them again when the store opens.
#include "runnel/storage/log_codec.h"
#include "runnel/storage/schema.h"
#include "runnel/storage/store_engine.h"

#include "base/check.h"

#include <algorithm>
#include <utility>

namespace runnel::storage {

namespace {

// A room with more chunk rows than this gets its newest small ones rewritten as one.
constexpr std::int64_t kChunksMax = 32;

// Chunks of this size are left alone, so that no byte is rewritten again and again.
constexpr std::size_t kSmallChunkBytes = std::size_t{64} * 1024;

// A room's buffer for pending entries is kept for the next ones unless it has grown above this.
constexpr std::size_t kPendingKeptBytes = 512;

}  // namespace

void StoreEngine::add_pending(Room& room, ByteView encoded, std::int64_t time_ms,
                              std::int64_t journal_id) {
  if (room.pending.empty()) {
    index_.to_unfolded(room);
    begin_row(room.pending);
    room.first_journal = journal_id;
    room.since_ms = steady_ms_;
  }
  buffers_.reserve(room.pending, encoded.size());
  room.pending.insert(room.pending.end(), encoded.begin(), encoded.end());
  ++room.pending_entries;
  ++room.last_seq;
  room.updated_ms = time_ms;
}

void StoreEngine::clear_pending(Room& room) {
  if (room.pending.empty()) return;
  index_.to_settled(room);
  if (room.pending.capacity() > kPendingKeptBytes) {
    buffers_.give_back(std::exchange(room.pending, Bytes()));
  } else {
    room.pending.clear();
  }
  room.pending_entries = 0;
  room.first_journal = 0;
}

Result<void> StoreEngine::drop_pending(Room& room, Seq upto) {
  if (upto <= room.folded_seq) return {};
  if (upto >= room.last_seq) {
    room.folded_seq = room.last_seq;
    clear_pending(room);
    return {};
  }
  EntryReader reader(ByteView(room.pending).subspan(kCrcBytes));
  std::size_t dropped = 0;
  for (Seq seq = room.folded_seq; seq < upto; ++seq) {
    const EntryView view = RUNNEL_TRY(reader.entry());
    RUNNEL_CHECK(view.span == 1);
    dropped += view.encoded.size();
    --room.pending_entries;
  }
  const auto start = room.pending.begin() + static_cast<std::ptrdiff_t>(kCrcBytes);
  room.pending.erase(start, start + static_cast<std::ptrdiff_t>(dropped));
  room.folded_seq = upto;
  return {};
}

Result<void> StoreEngine::write_journal_row() {
  if (journal_row_.size() == kCrcBytes) return {};
  seal_row(journal_row_);
  Statement& insert = sql_.insert_journal;
  insert.reset();
  insert.bind(1, next_journal_);
  insert.bind_borrowed(2, journal_row_);
  RUNNEL_TRY_VOID(insert.finish());
  journal_.push_back({.id = next_journal_, .bytes = journal_row_.size()});
  journal_bytes_ += journal_row_.size();
  ++next_journal_;
  return {};
}

Result<void> StoreEngine::fold(Room& room) {
  RUNNEL_CHECK(!room.pending.empty());
  if (room.next_chunk == kChunksPerRoom) RUNNEL_TRY_VOID(renumber_chunks(room));
  seal_row(room.pending);
  Statement& insert = sql_.insert_chunk;
  insert.reset();
  insert.bind(1, room.row * kChunksPerRoom + room.next_chunk);
  insert.bind(2, to_sql(room.folded_seq + 1));
  insert.bind(3, to_sql(room.last_seq));
  insert.bind(4, room.pending_entries);
  insert.bind(5, room.updated_ms);
  insert.bind_borrowed(6, room.pending);
  RUNNEL_TRY_VOID(note(insert.finish()));
  metrics_.folds.add();
  metrics_.fold_bytes.add(room.pending.size());
  ++room.next_chunk;
  ++room.chunks;
  room.folded_seq = room.last_seq;
  clear_pending(room);
  if (room.chunks > kChunksMax) return consolidate(room);
  return {};
}

Result<void> StoreEngine::consolidate(Room& room) {
  struct Chunk {
    std::int64_t id;
    std::int64_t first_seq;
    std::int64_t last_seq;
    std::int64_t entries;
    std::int64_t updated_ms;
    Bytes body;
  };

  const std::int64_t first_id = room.row * kChunksPerRoom;
  std::vector<Chunk> run;  // newest first
  Statement& chunks = sql_.chunks_backwards;
  chunks.bind_all(first_id, first_id + kChunksPerRoom - 1);
  while (true) {
    const Result<bool> row = chunks.step();
    if (!row) return note_error(row.error());
    if (!*row || chunks.blob(5).size() >= kSmallChunkBytes) break;
    const auto body = open_row(chunks.blob(5));
    if (!body) break;  // a damaged chunk is left for load and verify to report
    run.push_back({chunks.integer(0), chunks.integer(1), chunks.integer(2), chunks.integer(3),
                   chunks.integer(4), to_bytes(*body)});
  }
  chunks.reset();
  // Whatever is too large stays; there is nothing to gain from a run of one or two.
  if (run.size() < static_cast<std::size_t>(kChunksMax / 2)) return {};
  Bytes entries;
  std::int64_t count = 0;
  for (auto chunk = run.rbegin(); chunk != run.rend(); ++chunk) {
    entries.insert(entries.end(), chunk->body.begin(), chunk->body.end());
    count += chunk->entries;
  }
  if (options_.merge) {
    auto merged = merge_entries(entries, options_.merge);
    if (merged) entries = *std::move(merged);
    const auto counted = count_entries(entries);
    if (counted) count = static_cast<std::int64_t>(*counted);
  }
  Bytes body;
  begin_row(body);
  body.insert(body.end(), entries.begin(), entries.end());
  seal_row(body);
  const Chunk& oldest = run.back();
  const Chunk& newest = run.front();
  RUNNEL_TRY_VOID(note(sql_.delete_chunks.run(oldest.id, newest.id, INT64_MAX)));
  RUNNEL_TRY_VOID(note(sql_.insert_chunk.run(oldest.id, oldest.first_seq, newest.last_seq, count,
                                             newest.updated_ms, body)));
  room.chunks -= static_cast<std::int64_t>(run.size()) - 1;
  room.next_chunk = oldest.id - first_id + 1;
  metrics_.consolidations.add();
  return {};
}

Result<void> StoreEngine::renumber_chunks(Room& room) {
  const std::int64_t first_id = room.row * kChunksPerRoom;
  const std::string range = " WHERE id BETWEEN " + std::to_string(first_id) + " AND " +
                            std::to_string(first_id + kChunksPerRoom - 1);
  const Result<std::int64_t> lowest =
      database_.integer("SELECT coalesce(min(id), 0) FROM chunk" + range);
  if (!lowest) return note_error(lowest.error());
  const std::int64_t shift = *lowest - first_id;
  RUNNEL_TRY_VOID(
      note(database_.execute("UPDATE chunk SET id = id - " + std::to_string(shift) + range)));
  room.next_chunk -= shift;
  if (room.next_chunk < kChunksPerRoom) return {};
  return note_error({Errc::LimitExceeded, "the log of room " + room.id->external_name() +
                                              " has too many chunks; compact it"});
}

Result<void> StoreEngine::fold_excess() {
  // What is counted are the bytes of rows that some room still needs: folding the room with the
  // oldest row frees all rows up to the oldest row of the next room.
  std::size_t bytes = journal_bytes_;
  auto row = journal_.begin();
  auto& unfolded = index_.unfolded();
  while (bytes > options_.journal_bytes_max && row != journal_.end()) {
    if (!unfolded.empty() && unfolded.front().first_journal <= row->id) {
      RUNNEL_TRY_VOID(fold(unfolded.front()));
      continue;
    }
    bytes -= row->bytes;
    ++row;
  }
  return {};
}

Result<void> StoreEngine::trim_journal() {
  const auto& unfolded = index_.unfolded();
  const std::int64_t keep = unfolded.empty() ? next_journal_ : unfolded.front().first_journal;
  if (journal_.empty() || journal_.front().id >= keep) return {};
  RUNNEL_TRY_VOID(note(sql_.trim_journal.run(keep)));
  while (!journal_.empty() && journal_.front().id < keep) {
    journal_bytes_ -= journal_.front().bytes;
    journal_.pop_front();
  }
  return {};
}

Result<void> StoreEngine::fold_older(std::int64_t before_ms, std::size_t limit) {
  auto& unfolded = index_.unfolded();
  while (limit-- > 0 && !unfolded.empty() && unfolded.front().since_ms < before_ms) {
    RUNNEL_TRY_VOID(fold(unfolded.front()));
  }
  return {};
}

Result<void> StoreEngine::rebuild() {
  stale_ = true;
  index_.clear();
  journal_.clear();
  journal_bytes_ = 0;
  replayed_.clear();
  const std::int64_t last_room =
      RUNNEL_TRY(database_.integer("SELECT coalesce(max(id), 0) FROM room"));
  // Never back: a row id that a failed batch had used may be used again, one in the journal not.
  next_room_ = last_room + 1;
  Statement rows = RUNNEL_TRY(database_.prepare("SELECT id, body FROM journal ORDER BY id"));
  while (RUNNEL_TRY(rows.step())) {
    const std::int64_t id = rows.integer(0);
    Result<void> replayed = replay_row(id, rows.blob(1));
    if (!replayed) {
      return fail(replayed.error().code,
                  database_.path() + ", row " + std::to_string(id) +
                      " of table journal: " + replayed.error().detail +
                      ". Run `runnel verify` to see which rooms are affected, and restore a backup "
                      "with `runnel restore`");
    }
    journal_.push_back({.id = id, .bytes = rows.blob(1).size()});
    journal_bytes_ += rows.blob(1).size();
    next_journal_ = std::max(next_journal_, id + 1);
  }
  replayed_.clear();
  stale_ = false;
  publish_gauges();
  return {};
}

Result<void> StoreEngine::replay_row(std::int64_t journal_id, ByteView row) {
  const ByteView body = RUNNEL_TRY(open_row(row));
  EntryReader reader(body);
  while (!reader.done()) {
    const std::uint64_t room_row = RUNNEL_TRY(reader.varint());
    const Seq seq = RUNNEL_TRY(reader.varint());
    const EntryView view = RUNNEL_TRY(reader.entry());
    if (view.span != 1) return fail(Errc::Corrupt, "an entry of the journal is a merged one");
    RUNNEL_TRY_VOID(replay_entry(journal_id, static_cast<std::int64_t>(room_row), seq, view.encoded,
                                 view.time_ms));
  }
  return {};
}

Result<void> StoreEngine::replay_entry(std::int64_t journal_id, std::int64_t room_row, Seq seq,
                                       ByteView encoded, std::int64_t time_ms) {
  next_room_ = std::max(next_room_, room_row + 1);
  Room* room = RUNNEL_TRY(room_by_row(room_row));
  // Removed since, or folded already: the row stays for the sake of other rooms.
  if (room == nullptr || room->deleted || seq <= room->folded_seq) return {};
  if (seq != room->last_seq + 1) {
    return fail(Errc::Corrupt, "the log of room " + room->id->external_name() + " ends at " +
                                   std::to_string(room->last_seq) + " and goes on at " +
                                   std::to_string(seq));
  }
  add_pending(*room, encoded, time_ms, journal_id);
  return {};
}

Result<Room*> StoreEngine::room_by_row(std::int64_t row) {
  const auto known = replayed_.find(row);
  if (known != replayed_.end()) return known->second;
  Statement& select = sql_.room_by_row;
  select.bind_all(row);
  const bool exists = RUNNEL_TRY(select.step());
  Room* room = nullptr;
  if (exists) {
    Room found;
    found.id = std::make_shared<const RoomId>(
        RoomId{std::string(select.text(0)), std::string(select.text(1))});
    found.row = row;
    found.deleted = select.integer(2) != 0;
    select.reset();
    RUNNEL_TRY_VOID(read_positions(found));
    room = &index_.add(std::move(found));
  }
  replayed_.emplace(row, room);
  return room;
}

}  // namespace runnel::storage
