// Random operations on the real store over a disk that fails, against StoreModel: every outcome is
// compared, and after each restart the whole content. At a kill nothing that completed may be
// missing; at a power cut what is there must be a prefix of what was committed, at least as long as
// what was reported durable.
#include "runnel/storage/log_codec.h"
#include "runnel/storage/sqlite_store.h"
#include "runnel/storage/testing/faulty_vfs.h"
#include "runnel/storage/testing/store_model.h"

#include "base/testing/manual_executor.h"
#include "base/testing/test_numbers.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>

namespace runnel::storage {
namespace {

constexpr const char* kPath = "/data/runnel.db";
constexpr std::array kRooms{"a", "b", "c", "d", "e", "f"};

RoomId room_id(std::size_t index) { return {"main", kRooms.at(index)}; }

// An update of these tests is a list of (seq, payload), so that merged ones can be taken apart.
Bytes make_update(Seq seq, std::size_t size, std::uint8_t fill) {
  Bytes update;
  put_varint(seq, update);
  put_varint(size, update);
  update.insert(update.end(), size, fill);
  return update;
}

std::map<Seq, Bytes> take_apart(ByteView update) {
  std::map<Seq, Bytes> parts;
  std::size_t at = 0;
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at < update.size(); shift += 7) {
      const std::uint8_t byte = update[at++];
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < update.size()) {
    const Seq seq = varint();
    const std::size_t size = varint();
    parts[seq] = to_bytes(update.subspan(at, size));
    at += size;
  }
  return parts;
}

Result<Bytes> concatenate(const std::vector<ByteView>& updates) {
  Bytes all;
  for (const ByteView update : updates) all.insert(all.end(), update.begin(), update.end());
  return all;
}

// A room's record in a form that does not depend on what was merged.
struct Normal {
  RoomState state{};
  Seq snapshot_seq{0};
  Bytes snapshot;
  Seq last_seq{0};
  std::optional<std::int64_t> alarm_ms;
  std::map<Seq, Bytes> updates;
  std::vector<LogEntry> kept;

  friend bool operator==(const Normal&, const Normal&) = default;
};

Normal normalise(const RoomRecord& record) {
  Normal normal{
      record.state, record.snapshot_seq, record.snapshot, record.last_seq, record.alarm_ms, {}, {}};
  for (const LogEntry& entry : record.tail) {
    if (entry.keep) normal.kept.push_back(entry);
    normal.updates.merge(take_apart(entry.update));
  }
  std::erase_if(normal.updates,
                [&](const auto& part) { return part.first <= normal.snapshot_seq; });
  return normal;
}

struct Content {
  std::vector<Normal> rooms;
  std::vector<std::vector<KvPair>> values;
  std::vector<DueAlarm> alarms;
  std::vector<Record> records;

  friend bool operator==(const Content&, const Content&) = default;
};

Content content_of(const StoreModel& model, std::int64_t now_ms) {
  Content content;
  for (std::size_t i = 0; i < kRooms.size(); ++i) {
    content.rooms.push_back(normalise(model.peek(room_id(i))));
    content.values.push_back(model.kv_list(room_id(i), {}));
  }
  content.alarms = model.alarms(INT64_MAX, SIZE_MAX);
  content.records = model.list_records("r", now_ms);
  return content;
}

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed), disk_random_(seed ^ 0x5eed), seed_(seed) {
    merging_ = random_.below(2) == 0;
    const std::uint64_t mode = random_.below(3);
    durability_ = mode == 0   ? DurabilityMode::Strict
                  : mode == 1 ? DurabilityMode::Fast
                              : DurabilityMode::Gate;
    // In strict mode the outcome of a failed batch may be under way when the power goes, and then
    // nobody knows which operations it was.
    faulty_ = random_.below(2) == 0 && durability_ != DurabilityMode::Strict;
    small_ = random_.below(2) == 0;
    open();
    history_.push_back(model_);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) step();
    settle();
    vfs_.set_faults({});
    crash(random_.below(2) == 0);
  }

 private:
  struct Loop {
    ManualExecutor loop;
    ManualExecutor writer;
    ManualExecutor reader;
    ManualExecutor syncer;
    NullLog log;
    std::shared_ptr<SqliteStore> store;
    std::unique_ptr<RoomStore> rooms;

    explicit Loop(ManualTime& time) : loop(time), writer(time), reader(time), syncer(time) {}
  };

  // What the issuer, in the place of a room, knows.
  struct Issuer {
    Seq next{1};
    Seq snapshot{0};
    int in_flight{0};
    bool needs_load{true};
  };

  void open() {
    loop_ = std::make_unique<Loop>(time_);
    SqliteStoreOptions options{.path = kPath, .vfs = vfs_.name(), .durability = durability_};
    if (small_) {
      options.journal_bytes_max = 2000;
      options.checkpoint_pages = 8;
    }
    if (merging_) options.merge = concatenate;
    auto store = SqliteStore::open(options,
                                   {.writer = loop_->writer,
                                    .reader = loop_->reader,
                                    .syncer = loop_->syncer,
                                    .borrow_writer =
                                        [this](const std::function<void()>& task) {
                                          const bool idle = random_.below(2) == 0;
                                          if (idle) task();
                                          return idle;
                                        }},
                                   vfs_.wal_file_of(kPath), time_, loop_->log);
    ASSERT_TRUE(store) << "seed " << seed_ << ": " << to_string(store.error());
    loop_->store = *store;
    loop_->rooms = loop_->store->attach(loop_->loop);
    loop_->rooms->set_durable_listener([this](const RoomId& room, Seq seq) {
      Seq& durable = durable_[room];
      durable = std::max(durable, seq);
    });
    issuers_ = {};
    dead_ = false;
  }

  // Runs a few tasks of a few executors, in random order.
  bool run_some() {
    std::array<ManualExecutor*, 4> all{&loop_->loop, &loop_->writer, &loop_->reader,
                                       &loop_->syncer};
    for (ManualExecutor* executor : all) executor->move_due_timers();
    const std::size_t first = random_.below(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all.at((first + i) % all.size())->run_one()) return true;
    }
    return false;
  }

  void settle() {
    while (run_some()) {
    }
  }

  using Apply = std::function<Result<void>(StoreModel&)>;

  // A completion that applies the same operation to the model and compares.
  Completion<void> checked(std::optional<std::size_t> log_room, std::string what, Apply apply) {
    if (log_room) ++issuers_.at(*log_room).in_flight;
    under_way_.push_back(apply);
    return [this, log_room, what = std::move(what), apply = std::move(apply)](Result<void> actual) {
      under_way_.pop_front();
      if (log_room) --issuers_.at(*log_room).in_flight;
      if (!actual && actual.error().code == Errc::Unavailable) {
        doubtful_.push_back(apply);
        if (log_room) {
          model_.break_room(room_id(*log_room));
          issuers_.at(*log_room).needs_load = true;
        }
        return;
      }
      const Result<void> expected = apply(model_);
      EXPECT_EQ(actual.has_value(), expected.has_value())
          << "seed " << seed_ << ": " << what << ": "
          << (actual ? to_string(expected.error()) : to_string(actual.error()));
      if (!actual && log_room) issuers_.at(*log_room).needs_load = true;
      if (!actual) return;
      history_.push_back(model_);
      doubtful_.clear();  // written over
    };
  }

  void step() {
    const std::size_t room = random_.below(kRooms.size());
    const std::uint64_t choice = random_.below(100);
    if (choice < 45) {
      append(room);
    } else if (choice < 51) {
      compact(room);
    } else if (choice < 60) {
      write_values(room);
    } else if (choice < 66) {
      small_operation(room);
    } else if (choice < 69) {
      loop_->rooms->release(room_id(room));
    } else if (choice < 90) {
      for (std::uint64_t i = random_.below(20); i > 0; --i) run_some();
    } else if (choice < 96) {
      time_.advance(Duration(random_.below(small_ ? 20'000 : 60)));
    } else if (choice < 98) {
      change_faults();
    } else {
      maybe_crash();
    }
  }

  void load(std::size_t room) {
    Issuer& issuer = issuers_.at(room);
    if (issuer.in_flight > 0) return;
    ++issuer.in_flight;
    loop_->rooms->load(room_id(room), [this, room](Result<RoomRecord> record) {
      Issuer& loaded = issuers_.at(room);
      --loaded.in_flight;
      if (!record) return;
      // A read may see later writes; there are none to the log, but perhaps values and alarms.
      Normal expected = normalise(model_.load(room_id(room)));
      Normal actual = normalise(*record);
      actual.state = expected.state;
      actual.alarm_ms = expected.alarm_ms;
      EXPECT_TRUE(actual == expected) << "seed " << seed_ << ": load of room " << kRooms.at(room);
      loaded.next = record->last_seq + 1;
      loaded.snapshot = record->snapshot_seq;
      loaded.needs_load = false;
    });
  }

  void append(std::size_t room) {
    Issuer& issuer = issuers_.at(room);
    if (issuer.needs_load) return load(room);
    const std::array<std::size_t, 6> sizes{0, 5, 60, 130, 900, 70'000};
    const bool large = random_.below(60) == 0;
    const std::size_t size = sizes.at(large ? 5 : random_.below(5));
    const Seq seq = issuer.next++;
    LogEntry entry{.seq = seq, .first_seq = seq, .time_ms = time_.wall_ms()};
    entry.keep = random_.below(3) == 0;
    if (random_.below(2) == 0) entry.author = "user" + std::to_string(random_.below(3));
    entry.update = make_update(seq, size, static_cast<std::uint8_t>(random_.next()));
    const std::string what = "append " + std::to_string(seq) + " to " + kRooms.at(room);
    loop_->rooms->append(room_id(room), entry,
                         checked(room, what, [room, entry](StoreModel& model) {
                           return model.append(room_id(room), entry);
                         }));
  }

  void compact(std::size_t room) {
    Issuer& issuer = issuers_.at(room);
    if (issuer.needs_load) return load(room);
    if (issuer.next == 1) return;
    const Seq lowest = std::max<Seq>(issuer.snapshot, 1);
    Seq upto = lowest + random_.below(issuer.next - lowest);
    if (random_.below(20) == 0) upto = issuer.next + 1;  // refused
    if (upto < issuer.next) issuer.snapshot = upto;
    Bytes snapshot(random_.below(300), static_cast<std::uint8_t>(upto));
    const std::int64_t now_ms = time_.wall_ms();
    const std::string what = "compact " + std::string(kRooms.at(room));
    auto done = checked(room, what, [room, upto, snapshot, now_ms](StoreModel& model) {
      return model.compact(room_id(room), upto, snapshot, now_ms);
    });
    loop_->rooms->compact(room_id(room), upto, std::move(snapshot), std::move(done));
  }

  void write_values(std::size_t room) {
    std::vector<KvChange> changes;
    for (std::uint64_t i = 0; i <= random_.below(4); ++i) {
      KvChange change{.key = std::string(1, static_cast<char>('a' + random_.below(5))),
                      .value = {}};
      if (random_.below(3) != 0) change.value = Bytes(random_.below(2000), 7);
      changes.push_back(std::move(change));
    }
    auto done = checked({}, "kv_write", [room, changes](StoreModel& model) {
      return model.kv_write(room_id(room), changes);
    });
    loop_->rooms->kv_write(room_id(room), std::move(changes), std::move(done));
  }

  void small_operation(std::size_t room) {
    const RoomId id = room_id(room);
    const auto always = [](auto change) {
      return [change](StoreModel& model) -> Result<void> {
        change(model);
        return {};
      };
    };
    switch (random_.below(6)) {
      case 0:
        loop_->rooms->kv_delete_all(
            id, checked({}, "delete", always([id](StoreModel& m) { m.kv_delete_all(id); })));
        break;
      case 1: {
        std::optional<std::int64_t> at;
        if (random_.below(3) != 0) at = static_cast<std::int64_t>(random_.below(1'000'000));
        loop_->rooms->set_alarm(
            id, at, checked({}, "alarm", [id, at](StoreModel& m) { return m.set_alarm(id, at); }));
        break;
      }
      case 2: {
        const Record record{.kind = "r",
                            .key = std::to_string(random_.below(5)),
                            .value = Bytes(random_.below(50), 1)};
        loop_->rooms->put_record(
            record, checked({}, "put", always([record](StoreModel& m) { m.put_record(record); })));
        break;
      }
      case 3: {
        const std::string key = std::to_string(random_.below(5));
        loop_->rooms->erase_record(
            "r", key,
            checked({}, "erase", always([key](StoreModel& m) { m.erase_record("r", key); })));
        break;
      }
      default:
        remove_or_revive(room);
    }
  }

  void remove_or_revive(std::size_t room) {
    Issuer& issuer = issuers_.at(room);
    if (issuer.in_flight > 0) return;
    const RoomId id = room_id(room);
    const bool removes = random_.below(2) == 0;
    const auto apply = [id, removes](StoreModel& model) -> Result<void> {
      removes ? model.remove(id) : model.revive(id);
      return {};
    };
    issuer.needs_load = true;
    if (removes) {
      loop_->rooms->remove(id, checked(room, "remove", apply));
    } else {
      loop_->rooms->revive(id, checked(room, "revive", apply));
    }
  }

  void change_faults() {
    if (!faulty_) return;
    DiskFaults faults;
    switch (random_.below(5)) {
      case 3:
        faults.sync_permille = 200;
        break;
      case 0:
        faults.write_permille = 50;
        break;
      case 1:
        faults.read_permille = 20;
        break;
      case 2:
        faults.capacity_bytes = vfs_.used_bytes() + random_.below(100'000);
        break;
      default:
        break;
    }
    vfs_.set_faults(faults);
  }

  void maybe_crash() {
    switch (random_.below(4)) {
      case 0:
        return crash(false);
      case 1:
        return crash(true);
      case 2:
        // Dies in the middle of a transaction or checkpoint.
        vfs_.kill_after_writes(random_.below(30));
        for (int i = 0; i < 10; ++i) append(random_.below(kRooms.size()));
        return crash(random_.below(2) == 0);
      default:
        return stop_cleanly();
    }
  }

  void stop_cleanly() {
    settle();
    vfs_.set_faults({});
    bool closed = false;
    bool clean = false;
    loop_->store->close([&](Result<void> outcome) {
      closed = true;
      clean = outcome.has_value();
    });
    settle();
    ASSERT_TRUE(closed);
    if (clean) {
      EXPECT_EQ(loop_->store->metrics().journal_rows.value(), 0) << "seed " << seed_;
    }
    end_process();
    restart(clean ? history_.size() - 1 : 0);
  }

  // What was in flight on its way back to the loop tells the checker what the writer did.
  void end_process() {
    while (loop_->loop.run_one()) {
    }
    loop_->rooms.reset();
    loop_.reset();
  }

  void crash(bool power) {
    if (power) {
      for (std::uint64_t i = random_.below(30); i > 0; --i) run_some();
    } else {
      settle();
    }
    // Deliveries are looked at although the process is dead; nothing new reaches the disk.
    while (loop_->loop.run_one()) {
    }
    power ? vfs_.cut_power() : vfs_.kill();
    vfs_.set_faults({});
    loop_->rooms.reset();
    loop_.reset();
    restart(power ? 0 : history_.size() - 1);
  }

  // A commit whose last write failed may be whole on the disk all the same: the bytes that the
  // write left out were there from an earlier use of the WAL. Its operations have failed and nobody
  // was shown them, but a crash before the next commit writes over them brings them back.
  std::optional<StoreModel> failed_commit_with(const Content& actual, const StoreModel& before) {
    for (std::size_t first = 0; first < doubtful_.size(); ++first) {
      StoreModel next = before;
      for (std::size_t i = first; i < doubtful_.size(); ++i) {
        static_cast<void>(doubtful_[i](next));
        if (actual == content_of(next, time_.wall_ms())) return next;
      }
    }
    return std::nullopt;
  }

  // The content has to be that after the first `least` to all completed operations, or of some that
  // were under way behind them.
  void restart(std::size_t least) {
    const StoreModel completed = history_.back();
    for (const Apply& apply : std::exchange(under_way_, {})) {
      StoreModel next = history_.back();
      static_cast<void>(apply(next));
      history_.push_back(std::move(next));
    }
    open();
    if (testing::Test::HasFatalFailure()) return;
    const Content actual = read_everything();
    std::optional<StoreModel> found;
    for (std::size_t k = history_.size(); !found && k-- > least;) {
      if (actual == content_of(history_[k], time_.wall_ms())) found = history_[k];
    }
    if (!found) found = failed_commit_with(actual, completed);
    doubtful_.clear();
    if (found) {
      model_ = *std::move(found);
      for (std::size_t room = 0; room < kRooms.size(); ++room) {
        static_cast<void>(model_.load(room_id(room)));  // no room is broken any more
      }
      check_durable();
      history_.assign(1, model_);
      durable_.clear();
      return;
    }
    const Content expected = content_of(history_.back(), time_.wall_ms());
    for (std::size_t i = 0; i < kRooms.size(); ++i) {
      EXPECT_EQ(actual.rooms[i].last_seq, expected.rooms[i].last_seq) << kRooms.at(i);
      EXPECT_EQ(actual.rooms[i] == expected.rooms[i], true) << kRooms.at(i);
      EXPECT_EQ(actual.values[i] == expected.values[i], true) << "values of " << kRooms.at(i);
    }
    ADD_FAILURE() << "seed " << seed_ << ": the content is that of no prefix of " << least << " to "
                  << history_.size() - 1 << " operations";
  }

  void check_durable() {
    for (const auto& [room, seq] : durable_) {
      // A room that was removed since then starts again; its log may be shorter.
      const RoomRecord record = model_.peek(room);
      if (removed_since(room)) continue;
      EXPECT_GE(record.last_seq, seq)
          << "seed " << seed_ << ": durable entries of room " << room.name << " are gone";
    }
  }

  [[nodiscard]] bool removed_since(const RoomId& room) const {
    for (const StoreModel& model : history_) {
      if (model.peek(room).state != RoomState::Present) return true;
    }
    return false;
  }

  Content read_everything() {
    Content content;
    content.rooms.resize(kRooms.size());
    content.values.resize(kRooms.size());
    for (std::size_t i = 0; i < kRooms.size(); ++i) {
      loop_->rooms->load(room_id(i), [&content, i, this](Result<RoomRecord> record) {
        ASSERT_TRUE(record) << "seed " << seed_ << ": " << to_string(record.error());
        content.rooms[i] = normalise(*record);
      });
      loop_->rooms->kv_list(room_id(i), {}, [&content, i](Result<std::vector<KvPair>> pairs) {
        ASSERT_TRUE(pairs) << to_string(pairs.error());
        content.values[i] = *std::move(pairs);
      });
    }
    loop_->rooms->alarms(INT64_MAX, SIZE_MAX, [&](Result<std::vector<DueAlarm>> due) {
      content.alarms = *std::move(due);
    });
    loop_->rooms->list_records(
        "r", [&](Result<std::vector<Record>> records) { content.records = *std::move(records); });
    settle();
    std::ranges::sort(content.alarms, [](const DueAlarm& a, const DueAlarm& b) {
      return std::tie(a.alarm_ms, a.room) < std::tie(b.alarm_ms, b.room);
    });
    return content;
  }

  SeededRandom random_;
  SeededRandom disk_random_;
  std::uint64_t seed_;
  FaultyVfs vfs_{disk_random_};
  ManualTime time_;
  bool merging_;
  bool faulty_;
  bool small_;  // a small journal and WAL, so that folding and checkpoints happen all the time
  bool dead_{false};
  DurabilityMode durability_;
  std::unique_ptr<Loop> loop_;
  std::array<Issuer, kRooms.size()> issuers_;
  StoreModel model_;
  std::vector<StoreModel> history_;  // after each completed operation since the last restart
  std::deque<Apply> under_way_;
  std::vector<Apply> doubtful_;  // failed since the last operation that completed
  std::map<RoomId, Seq> durable_;
};

TEST(SqliteStorePropertyTest, agrees_with_the_model_through_kills_and_power_cuts) {
  const std::uint64_t replayed = seed_of_run(0);
  const std::uint64_t first = replayed != 0 ? replayed : 1;
  const std::uint64_t seeds = replayed != 0 ? 1 : number_from("RUNNEL_SEEDS", 200);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    World(seed).run(400);
    if (HasFailure()) FAIL() << "replay with RUNNEL_SEED=" << seed;
  }
}

}  // namespace
}  // namespace runnel::storage
