// TextHeap: what was written stays where it is, and addresses of different pieces never touch by
// accident.
#include "ycpp/doc/text_heap.h"

#include "base/testing/test_numbers.h"
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace ycpp {
namespace {

struct Piece {
  HeapAddress address{0};
  std::string bytes;
};

void put(TextHeap& heap, HeapAddress address, const std::string& bytes) {
  std::memcpy(heap.at(address), bytes.data(), bytes.size());
}

void check(const TextHeap& heap, const std::vector<Piece>& pieces) {
  for (const Piece& piece : pieces) {
    ASSERT_EQ(std::memcmp(heap.at(piece.address), piece.bytes.data(), piece.bytes.size()), 0);
  }
}

// Lengths around those at which the heap takes another kind of chunk.
std::size_t any_length(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0:
      return 16 * 1024 - 2 + random() % 5;
    case 1:
      return 64 * 1024 - 2 + random() % 5;
    case 2:
      return 1 + random() % 200'000;
    default:
      return 1 + random() % 300;
  }
}

TEST(TextHeap, KeepsWhatWasWrittenWhateverComesAfter) {
  const std::uint64_t first = runnel::seed_of_run();
  for (std::uint64_t seed = first; seed < first + 6; ++seed) {
    SCOPED_TRACE("RUNNEL_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    TextHeap heap;
    std::vector<Piece> pieces;
    std::size_t total = 0;
    for (int step = 0; step < 400; ++step) {
      const std::string bytes(any_length(random), static_cast<char>('a' + random() % 26));
      Piece* const last = pieces.empty() ? nullptr : &pieces.back();
      const std::uint64_t action = random() % 4;
      if (action == 0) heap.reserve(any_length(random));
      if (action == 1) heap.shrink();
      const bool was_extended =
          last != nullptr && action == 2 &&
          heap.extend(last->address + static_cast<HeapAddress>(last->bytes.size()), bytes.size());
      if (was_extended) {
        put(heap, last->address + static_cast<HeapAddress>(last->bytes.size()), bytes);
        last->bytes += bytes;
      } else {
        pieces.push_back({heap.allocate(bytes.size()), bytes});
        put(heap, pieces.back().address, bytes);
      }
      total += bytes.size();
      ASSERT_EQ(heap.used(), total);
    }
    check(heap, pieces);
    EXPECT_GE(heap.memory_bytes(), total);
  }
}

TEST(TextHeap, ExtendsOnlyWhatWasAllocatedLast) {
  TextHeap heap;
  const HeapAddress first = heap.allocate(10);
  const HeapAddress second = heap.allocate(10);
  EXPECT_FALSE(heap.extend(first + 10, 1));
  EXPECT_TRUE(heap.extend(second + 10, 5));
  EXPECT_FALSE(heap.extend(second + 10, 1));
  EXPECT_TRUE(heap.extend(second + 15, 1));
  // Not beyond the pages of its chunk.
  EXPECT_FALSE(heap.extend(second + 16, 100'000));
}

TEST(TextHeap, PiecesInDifferentChunksAreNeverNeighbours) {
  for (const std::size_t length : {65'534U, 65'535U, 65'536U, 65'537U, 131'071U, 131'072U}) {
    TextHeap heap;
    HeapAddress end = 0;
    for (int i = 0; i < 8; ++i) {
      const HeapAddress address = heap.allocate(length);
      EXPECT_TRUE(i == 0 || address != end) << length;
      end = address + static_cast<HeapAddress>(length);
    }
  }
}

TEST(TextHeap, CountsWhatIsAbandoned) {
  TextHeap heap;
  EXPECT_EQ(heap.garbage(), 0U);
  (void)heap.allocate(100);
  heap.release(60);
  EXPECT_EQ(heap.garbage(), 60U);
  EXPECT_TRUE(heap.can_hold(1'000'000));
  EXPECT_FALSE(heap.can_hold(std::size_t{1} << 31U));
}

}  // namespace
}  // namespace ycpp
