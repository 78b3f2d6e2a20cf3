#include "runnel/backend/save_notes.h"

#include "runnel/backend/document_bytes.h"
#include "runnel/backend/outbox.h"
#include "runnel/backend/testing/fake_backend.h"
#include "runnel/backend/testing/sample_updates.h"
#include "runnel/storage/testing/memory_store.h"

#include "base/testing/manual_executor.h"
#include "base/testing/manual_time.h"
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace runnel::backend {
namespace {

using namespace std::chrono_literals;

// A command on a stopped server's data, then the next server.
class SaveNotesTest : public testing::Test {
 protected:
  // Whether it was written down.
  bool save(Bytes update, bool logged) {
    std::optional<bool> accepted;
    notes_.save(room_,
                {.update = std::move(update), .state_vector = {}, .seq = 1, .logged = logged},
                [&](const Result<void>& result) { accepted = result.has_value(); });
    loop_.run_ready();
    EXPECT_TRUE(accepted.has_value());
    return accepted.value_or(false);
  }

  void log(const Bytes& update) {
    ASSERT_TRUE(store_model_.append(room_, {.seq = store_model_.peek(room_).last_seq + 1,
                                            .time_ms = 1,
                                            .author = {},
                                            .update = update}));
  }

  // What the backend has once the next server has run for a while and nobody has come.
  Bytes after_the_next_start() {
    FakeBackend backend(backend_model_, loop_);
    Outbox outbox({.executor = loop_,
                   .time = time_,
                   .random = random_,
                   .log = log_,
                   .store = store_,
                   .backend = &backend},
                  {});
    outbox.start([](const RoomId&) { return true; }, [] {});
    loop_.advance(20s);
    return backend_model_.rooms[room_].body;
  }

  ManualTime time_;
  ManualExecutor loop_{time_};
  SeededRandom random_{7};
  NullLog log_;
  RoomId room_{.party = "main", .name = "doc-1"};
  storage::StoreModel store_model_;
  storage::MemoryStore store_{store_model_, loop_, time_};
  FakeBackendModel backend_model_;
  SaveNotes notes_{store_, time_};
};

TEST_F(SaveNotesTest, AChangeIsSavedByTheNextServerFromTheLog) {
  const Bytes text = insert_update(1, 0, "imported");
  log(text);
  notes_.note_change(room_);
  loop_.run_ready();
  EXPECT_EQ(after_the_next_start(), text);
  EXPECT_TRUE(store_model_.list_records("outbox", time_.wall_ms()).empty());
}

TEST_F(SaveNotesTest, ASaveIsAcceptedOnlyOnceItIsWrittenDown) {
  const Bytes text = insert_update(1, 0, "imported");
  log(text);
  store_.set_failing(true);
  EXPECT_FALSE(save(text, true));
  store_.set_failing(false);
  EXPECT_TRUE(save(text, true));
  EXPECT_EQ(after_the_next_start(), text);
}

TEST_F(SaveNotesTest, WhatWaitsAlreadyKeepsItsAgeAndItsBytes) {
  const Bytes first = insert_update(1, 0, "first");
  const Bytes second = insert_update(2, 0, "second");
  const std::int64_t begin = time_.wall_ms();
  EXPECT_TRUE(save(first, false));
  loop_.advance(60s);
  EXPECT_TRUE(save(second, false));
  notes_.note_change(room_);
  loop_.run_ready();
  const auto records = store_model_.list_records("outbox", time_.wall_ms());
  ASSERT_EQ(records.size(), 1U);
  const auto waiting = decode_waiting(records[0].value);
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->since_ms, begin);
  const auto saved = read_document(after_the_next_start());
  ASSERT_TRUE(saved);
  const auto both = merge_documents({first, second});
  ASSERT_TRUE(both);
  EXPECT_EQ(saved->coverage, both->coverage);
}

TEST_F(SaveNotesTest, OfADeletedRoomNothingIsSaved) {
  notes_.note_change(room_);
  loop_.run_ready();
  notes_.forget(room_);
  loop_.run_ready();
  EXPECT_TRUE(store_model_.list_records("outbox", time_.wall_ms()).empty());
}

}  // namespace
}  // namespace runnel::backend
