#include "runnel/protocol/chunked.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace runnel::protocol {
namespace {

std::string marker(const std::string& type, std::size_t size, std::size_t count,
                   const std::string& id = "abc") {
  return R"(y-pk-batch#{"id":")" + id + R"(","type":")" + type + R"(","size":)" +
         std::to_string(size) + R"(,"count":)" + std::to_string(count) + "}";
}

constexpr std::array<std::uint8_t, 3> kThree{1, 2, 3};

TEST(Chunks, AreJoinedBetweenTheirMarkers) {
  ChunkAssembler chunks(100);
  EXPECT_FALSE(chunks.marker(marker("start", 6, 2)).value());
  EXPECT_TRUE(chunks.is_open());
  ASSERT_TRUE(chunks.chunk(kThree));
  ASSERT_TRUE(chunks.chunk(kThree));
  EXPECT_TRUE(chunks.marker(marker("end", 6, 2)).value());
  EXPECT_EQ(chunks.take(), (Bytes{1, 2, 3, 1, 2, 3}));
  EXPECT_FALSE(chunks.is_open());
}

TEST(Chunks, ASecondStartBeginsAnew) {
  ChunkAssembler chunks(100);
  ASSERT_TRUE(chunks.marker(marker("start", 6, 2)));
  ASSERT_TRUE(chunks.chunk(kThree));
  ASSERT_TRUE(chunks.marker(marker("start", 3, 1, "new")));
  ASSERT_TRUE(chunks.chunk(kThree));
  EXPECT_TRUE(chunks.marker(marker("end", 3, 1, "new")).value());
  EXPECT_EQ(chunks.take(), to_bytes(kThree));
}

TEST(Chunks, AnEndWithoutAStartIsIgnored) {
  ChunkAssembler chunks(100);
  EXPECT_FALSE(chunks.marker(marker("end", 3, 1)).value());
  EXPECT_FALSE(chunks.is_open());
}

struct Mismatch {
  std::string end;
  std::size_t chunks_sent;
};

class ChunkMismatch : public ::testing::TestWithParam<Mismatch> {};

TEST_P(ChunkMismatch, IsRefusedAndTheNextBatchWorks) {
  ChunkAssembler chunks(100);
  ASSERT_TRUE(chunks.marker(marker("start", 6, 2)));
  for (std::size_t i = 0; i < GetParam().chunks_sent; ++i) ASSERT_TRUE(chunks.chunk(kThree));
  const auto ended = chunks.marker(GetParam().end);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::Malformed);
  EXPECT_FALSE(chunks.is_open());
  ASSERT_TRUE(chunks.marker(marker("start", 3, 1)));
  ASSERT_TRUE(chunks.chunk(kThree));
  EXPECT_TRUE(chunks.marker(marker("end", 3, 1)).value());
}

INSTANTIATE_TEST_SUITE_P(Each, ChunkMismatch,
                         ::testing::Values(Mismatch{marker("end", 6, 2, "other"), 2},
                                           Mismatch{marker("end", 5, 2), 2},
                                           Mismatch{marker("end", 6, 3), 2},
                                           Mismatch{marker("end", 6, 2), 1},
                                           Mismatch{marker("end", 6, 2), 0}));

TEST(Chunks, OneChunkTooManyRefusesTheBatchOnceAndSwallowsItsRest) {
  ChunkAssembler chunks(100);
  ASSERT_TRUE(chunks.marker(marker("start", 6, 1)));
  ASSERT_TRUE(chunks.chunk(kThree));
  EXPECT_FALSE(chunks.chunk(kThree));
  EXPECT_TRUE(chunks.is_open());
  EXPECT_TRUE(chunks.chunk(kThree));
  EXPECT_FALSE(chunks.marker(marker("end", 6, 1)).value());
  EXPECT_FALSE(chunks.is_open());
}

TEST(Chunks, MoreBytesThanAnnouncedAreRefused) {
  ChunkAssembler chunks(100);
  ASSERT_TRUE(chunks.marker(marker("start", 2, 2)));
  EXPECT_EQ(chunks.chunk(kThree).error().code, Errc::Malformed);
}

TEST(Chunks, ASizeOverTheLimitIsRefusedAtItsStartAndNothingIsKept) {
  ChunkAssembler chunks(5);
  EXPECT_EQ(chunks.marker(marker("start", 6, 2)).error().code, Errc::LimitExceeded);
  EXPECT_TRUE(chunks.chunk(kThree));
  EXPECT_EQ(chunks.buffered_bytes(), 0U);
}

TEST(Chunks, AHugeAnnouncementReservesNothing) {
  ChunkAssembler chunks(std::size_t{1} << 40U);
  ASSERT_TRUE(chunks.marker(marker("start", std::size_t{1} << 39U, 2)));
  EXPECT_EQ(chunks.buffered_bytes(), 0U);
}

TEST(Chunks, ARefusedBatchThatNeverEndsDoesNotMakeTheConnectionDeaf) {
  ChunkAssembler chunks(5);
  ASSERT_FALSE(chunks.marker(marker("start", 6, 2)));
  for (int i = 0; i < 3; ++i) static_cast<void>(chunks.chunk(kThree));
  EXPECT_FALSE(chunks.is_open());
}

TEST(Chunks, ABrokenMarkerIsRefused) {
  for (const char* text :
       {"y-pk-batch", "y-pk-batch#", "y-pk-batch#{", "y-pk-batch#[]", "y-pk-batch#{}",
        R"(y-pk-batch#{"id":1,"type":"start","size":1,"count":1})",
        R"(y-pk-batch#{"id":"a","type":"middle","size":1,"count":1})",
        R"(y-pk-batch#{"id":"a","type":"start","size":-1,"count":1})",
        R"(y-pk-batch#{"id":"a","type":"start","size":1.5,"count":1})",
        R"(y-pk-batch#{"id":"a","type":"start","size":1})"}) {
    ChunkAssembler chunks(100);
    const auto outcome = chunks.marker(text);
    ASSERT_FALSE(outcome) << text;
    EXPECT_EQ(outcome.error().code, Errc::Malformed) << text;
    EXPECT_FALSE(chunks.is_open()) << text;
  }
}

}  // namespace
}  // namespace runnel::protocol
