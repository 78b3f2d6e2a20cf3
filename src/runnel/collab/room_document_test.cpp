#include "runnel/collab/room_document.h"

#include "runnel/collab/testing/test_client.h"

#include "ycpp/update/merge.h"
#include <gtest/gtest.h>

#include <array>

namespace runnel::collab {
namespace {

constexpr RoomDocument::Options kOptions{
    .gc = true, .document_bytes = 1'000'000, .pending_bytes = 10'000, .hash_salt = 7};

storage::LogEntry entry(Bytes update) { return {.update = std::move(update)}; }

TEST(RoomDocument, IsEmptyUntilSomethingWasWrittenWhateverItsSize) {
  RoomDocument document(kOptions);
  ASSERT_TRUE(document.open({}, {}));
  EXPECT_TRUE(document.is_empty());
  EXPECT_EQ(document.state_vector(), Bytes{0});
  ASSERT_TRUE(document.apply(insert_update(1, 0, "x")));
  EXPECT_FALSE(document.is_empty());
}

TEST(RoomDocument, AnswersFromBytesWhatADocumentWouldAnswer) {
  const Bytes first = insert_update(1, 0, "hello");
  const Bytes second = insert_update(1, 5, " world");
  RoomDocument stored(kOptions);
  ASSERT_TRUE(stored.open(first, {entry(second), entry(delete_update(1, 0, 2))}));
  ycpp::Doc doc;
  for (const Bytes& update : {first, second, delete_update(1, 0, 2)}) {
    ASSERT_TRUE(doc.apply_update_v1(update));
  }
  EXPECT_EQ(stored.state_vector(), doc.encode_state_vector());
  for (const Bytes& state_vector : {Bytes{0}, Bytes{1, 1, 5}, Bytes{1, 1, 11}}) {
    const auto answer = stored.answer(state_vector);
    ASSERT_TRUE(answer);
    ycpp::Doc replica;
    const bool has_first = state_vector.size() > 1;
    const bool has_second = state_vector == Bytes{1, 1, 11};
    ASSERT_TRUE(!has_first || replica.apply_update_v1(first));
    ASSERT_TRUE(!has_second || replica.apply_update_v1(second));
    ASSERT_TRUE(replica.apply_update_v1(**answer));
    EXPECT_EQ(replica.state_vector(), doc.state_vector());
    EXPECT_EQ(replica.delete_set(), doc.delete_set());
  }
  EXPECT_FALSE(stored.is_integrated());
}

TEST(RoomDocument, IntegratesOnlyForWhatItDoesNotKnow) {
  RoomDocument document(kOptions);
  const Bytes update = insert_update(1, 0, "hello");
  ASSERT_TRUE(document.open(update, {entry(delete_update(1, 0, 2))}));
  for (const Bytes& known : {Bytes{0, 0}, update, delete_update(1, 0, 1)}) {
    const auto change = document.apply(known);
    ASSERT_TRUE(change);
    EXPECT_TRUE(change->empty());
    EXPECT_FALSE(document.is_integrated());
  }
  const auto change = document.apply(delete_update(1, 3, 1));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->effective, delete_update(1, 3, 1));
  EXPECT_TRUE(document.is_integrated());
}

TEST(RoomDocument, GivesWhatHasToWaitToTheLogAndTellsItWithTheState) {
  RoomDocument document(kOptions);
  ASSERT_TRUE(document.open({}, {}));
  const Bytes late = insert_update(1, 3, "def");
  const auto waits = document.apply(late);
  ASSERT_TRUE(waits);
  EXPECT_TRUE(waits->effective.empty());
  EXPECT_EQ(to_bytes(waits->to_log()), late);
  EXPECT_GT(document.pending_bytes(), 0U);
  EXPECT_FALSE(document.is_empty());

  document.rest();
  EXPECT_FALSE(document.is_integrated());
  const auto fits = document.apply(insert_update(1, 0, "abc"));
  ASSERT_TRUE(fits);
  ycpp::Doc doc;
  ASSERT_TRUE(doc.apply_update_v1(fits->effective));
  EXPECT_EQ(doc.state_vector().clock(ycpp::ClientId(1)), 6U);
  EXPECT_EQ(document.pending_bytes(), 0U);
}

TEST(RoomDocument, LogsOfWhatWaitsNothingThatIsKnown) {
  RoomDocument document(kOptions);
  ASSERT_TRUE(document.open({}, {}));
  ASSERT_TRUE(document.apply(insert_update(1, 0, "hello")));
  const Bytes other = insert_update(1, 0, "other");
  const Bytes late = insert_update(2, 3, "late");
  const std::array<ByteView, 2> parts{other, late};
  const auto change = document.apply(ycpp::merge_updates(parts).value());
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->effective.empty());
  EXPECT_EQ(to_bytes(change->to_log()), late);
}

TEST(RoomDocument, RefusesGarbageAsAWholeAndStaysWhatItWas) {
  RoomDocument document(kOptions);
  ASSERT_TRUE(document.open(insert_update(1, 0, "hello"), {}));
  const SharedBytes before = document.full_state();
  for (const Bytes& garbage : {Bytes{}, Bytes{3, 0xff, 0xff, 0xff}, Bytes{1, 1, 2}, Bytes{1}}) {
    EXPECT_FALSE(document.apply(garbage));
  }
  EXPECT_FALSE(document.answer(Bytes{9}));
  EXPECT_EQ(*document.full_state(), *before);
}

TEST(RoomDocument, ReportsStoredBytesThatCannotBeRead) {
  RoomDocument document(kOptions);
  for (const bool with_tail : {false, true}) {
    std::vector<storage::LogEntry> tail;
    if (with_tail) tail.push_back(entry(Bytes{1, 2, 3}));
    const auto opened = document.open(Bytes{9, 9, 9}, tail);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::Corrupt);
  }
}

}  // namespace
}  // namespace runnel::collab
