#include "runnel/storage/verify.h"

#include "runnel/storage/database.h"
#include "runnel/storage/log_codec.h"
#include "runnel/storage/room_store.h"
#include "runnel/storage/schema.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

namespace runnel::storage {

namespace {

// Damage beyond that number adds no information.
constexpr std::size_t kFindingsMax = 1000;

class Verifier {
 public:
  Verifier(Database& database, const ContentValidators& validators)
      : database_(database), validators_(validators) {}

  Result<VerifyReport> run() {
    RUNNEL_TRY_VOID(database_.execute("BEGIN"));
    RUNNEL_TRY_VOID(check_schema(database_));
    RUNNEL_TRY_VOID(check_integrity());
    RUNNEL_TRY_VOID(read_rooms());
    RUNNEL_TRY_VOID(check_snapshots());
    RUNNEL_TRY_VOID(check_chunks());
    RUNNEL_TRY_VOID(check_journal());
    const std::int64_t values = RUNNEL_TRY(database_.integer("SELECT count(*) FROM kv"));
    report_.values = static_cast<std::uint64_t>(values);
    RUNNEL_TRY_VOID(check_orphans("kv", "room"));
    RUNNEL_TRY_VOID(check_orphans("alarm", "room"));
    if (validators_.room) RUNNEL_TRY_VOID(check_rooms());
    return std::move(report_);
  }

 private:
  struct Position {
    RoomId id;
    bool deleted{false};
    Seq last_seq{0};
    Seq snapshot_seq{0};
    bool damaged{false};
    std::vector<Bytes> journalled;  // updates that only the journal has
  };

  void find(Position& room, std::string what) {
    room.damaged = true;
    find(room.id, std::move(what));
  }

  void find(std::optional<RoomId> room, std::string what) {
    if (report_.findings.size() < kFindingsMax) {
      report_.findings.push_back({std::move(room), std::move(what)});
    }
  }

  Result<void> check_integrity() {
    Statement rows = RUNNEL_TRY(database_.prepare("PRAGMA integrity_check"));
    while (RUNNEL_TRY(rows.step())) {
      if (rows.text(0) != "ok") find({}, database_.path() + ": " + std::string(rows.text(0)));
    }
    return {};
  }

  Result<void> read_rooms() {
    Statement rows = RUNNEL_TRY(database_.prepare("SELECT id, party, name, deleted FROM room"));
    while (RUNNEL_TRY(rows.step())) {
      Position& room = rooms_[rows.integer(0)];
      room.id = {std::string(rows.text(1)), std::string(rows.text(2))};
      room.deleted = rows.integer(3) != 0;
      if (rows.integer(3) == 0) ++report_.rooms;
    }
    return {};
  }

  Position* room_of(std::int64_t row, const char* table) {
    const auto found = rooms_.find(row);
    if (found != rooms_.end() && !found->second.deleted) return &found->second;
    find({}, std::string("table ") + table + " has a row of room " + std::to_string(row) +
                 ", which does not exist or is deleted");
    return nullptr;
  }

  Result<void> check_snapshots() {
    Statement rows = RUNNEL_TRY(database_.prepare("SELECT room, upto, body FROM snapshot"));
    while (RUNNEL_TRY(rows.step())) {
      Position* room = room_of(rows.integer(0), "snapshot");
      if (room == nullptr) continue;
      room->last_seq = static_cast<Seq>(rows.integer(1));
      room->snapshot_seq = room->last_seq;
      ++report_.snapshots;
      report_.bytes += rows.blob(2).size();
      const auto body = open_row(rows.blob(2));
      if (!body) {
        find(*room, "the snapshot is damaged: " + body.error().detail);
      } else if (validators_.snapshot) {
        const auto valid = validators_.snapshot(*body);
        if (!valid) find(*room, "the snapshot cannot be decoded: " + to_string(valid.error()));
      }
    }
    return {};
  }

  void check_entry(const EntryView& entry, Seq seq, Position& room) {
    ++report_.log_entries;
    if (!validators_.update) return;
    const auto valid = validators_.update(entry.update);
    if (valid) return;
    find(room,
         "log entry " + std::to_string(seq) + " cannot be decoded: " + to_string(valid.error()));
  }

  // A gap between what the room has and an entry from `first` to `last`.
  void advance(Position& room, Seq first, Seq last) {
    if (first > room.last_seq + 1) {
      find(room, "log entries " + std::to_string(room.last_seq + 1) + " to " +
                     std::to_string(first - 1) + " are missing");
    }
    room.last_seq = std::max(room.last_seq, last);
  }

  Result<void> check_chunks() {
    Statement rows = RUNNEL_TRY(
        database_.prepare("SELECT id, first_seq, last_seq, body FROM chunk ORDER BY id"));
    while (RUNNEL_TRY(rows.step())) {
      Position* room = room_of(rows.integer(0) / kChunksPerRoom, "chunk");
      if (room == nullptr) continue;
      const auto first = static_cast<Seq>(rows.integer(1));
      const auto last = static_cast<Seq>(rows.integer(2));
      advance(*room, first, last);
      report_.bytes += rows.blob(3).size();
      const auto outcome = check_chunk(rows.blob(3), first, last, *room);
      if (!outcome) {
        find(*room, "log entries " + std::to_string(first) + " to " + std::to_string(last) +
                        " are damaged: " + outcome.error().detail);
      }
    }
    return {};
  }

  Result<void> check_chunk(ByteView row, Seq first, Seq last, Position& room) {
    const ByteView body = RUNNEL_TRY(open_row(row));
    Seq seq = first - 1;
    for (EntryReader reader(body); !reader.done();) {
      const EntryView entry = RUNNEL_TRY(reader.entry());
      seq += entry.span;
      check_entry(entry, seq, room);
    }
    if (seq != last) return fail(Errc::Corrupt, "it ends at " + std::to_string(seq));
    return {};
  }

  Result<void> check_journal() {
    Statement rows = RUNNEL_TRY(database_.prepare("SELECT id, body FROM journal ORDER BY id"));
    while (RUNNEL_TRY(rows.step())) {
      const auto outcome = check_journal_row(rows.blob(1));
      if (!outcome) {
        find({}, "journal row " + std::to_string(rows.integer(0)) + ": " + outcome.error().detail);
      }
    }
    return {};
  }

  Result<void> check_journal_row(ByteView row) {
    const ByteView body = RUNNEL_TRY(open_row(row));
    for (EntryReader reader(body); !reader.done();) {
      const std::uint64_t room_row = RUNNEL_TRY(reader.varint());
      const Seq seq = RUNNEL_TRY(reader.varint());
      const EntryView entry = RUNNEL_TRY(reader.entry());
      // Removed rooms and folded entries stay in a row for the sake of others.
      const auto room = rooms_.find(static_cast<std::int64_t>(room_row));
      if (room == rooms_.end() || room->second.deleted) continue;
      if (seq <= room->second.last_seq) continue;
      advance(room->second, seq, seq);
      report_.bytes += entry.encoded.size();
      check_entry(entry, seq, room->second);
      if (validators_.room) room->second.journalled.push_back(to_bytes(entry.update));
    }
    return {};
  }

  // Each room as load() would put it together.
  Result<void> check_rooms() {
    Statement snapshot = RUNNEL_TRY(database_.prepare("SELECT body FROM snapshot WHERE room = ?"));
    Statement chunks = RUNNEL_TRY(database_.prepare(
        "SELECT first_seq, body FROM chunk WHERE id BETWEEN ? AND ? ORDER BY id"));
    for (auto& [row, room] : rooms_) {
      if (room.damaged || room.deleted) continue;
      snapshot.bind_all(row);
      Bytes state;
      if (RUNNEL_TRY(snapshot.step())) state = to_bytes(RUNNEL_TRY(open_row(snapshot.blob(0))));
      snapshot.reset();
      std::vector<Bytes> updates;
      chunks.bind_all(row * kChunksPerRoom, (row + 1) * kChunksPerRoom - 1);
      while (RUNNEL_TRY(chunks.step())) {
        Seq seq = static_cast<Seq>(chunks.integer(0)) - 1;
        for (EntryReader reader(RUNNEL_TRY(open_row(chunks.blob(1)))); !reader.done();) {
          const EntryView entry = RUNNEL_TRY(reader.entry());
          seq += entry.span;
          if (seq > room.snapshot_seq) updates.push_back(to_bytes(entry.update));
        }
      }
      std::ranges::move(room.journalled, std::back_inserter(updates));
      const auto valid = validators_.room(state, {updates.begin(), updates.end()});
      if (!valid) find(room, "it cannot be put together: " + to_string(valid.error()));
    }
    return {};
  }

  Result<void> check_orphans(const std::string& table, const std::string& column) {
    Statement rows = RUNNEL_TRY(database_.prepare("SELECT DISTINCT " + column + " FROM " + table));
    while (RUNNEL_TRY(rows.step())) room_of(rows.integer(0), table.c_str());
    return {};
  }

  Database& database_;
  const ContentValidators& validators_;
  VerifyReport report_;
  std::unordered_map<std::int64_t, Position> rooms_;
};

}  // namespace

Result<VerifyReport> verify_database(const std::string& path, const ContentValidators& validators) {
  Database database =
      RUNNEL_TRY(Database::open({.path = path, .read_only = true, .must_exist = true}));
  return Verifier(database, validators).run();
}

}  // namespace runnel::storage
