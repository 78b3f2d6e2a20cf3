// The index of rooms against a map of the standard library.
#include "runnel/storage/room_index.h"

#include "base/random_source.h"
#include "base/testing/test_numbers.h"
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace runnel::storage {
namespace {

RoomId room_id(std::uint64_t number) {
  return {number % 7 == 0 ? "presence" : "main", "document-" + std::to_string(number)};
}

// Each room of the model with what it must hold, and no other.
void expect_equal(RoomIndex& index, const std::map<std::uint64_t, Room*>& model,
                  std::uint64_t numbers) {
  EXPECT_EQ(index.size(), model.size());
  for (std::uint64_t first = 0; first < numbers; first += RoomIndex::kFindBatch) {
    std::vector<RoomId> ids;
    for (std::uint64_t i = 0; i < RoomIndex::kFindBatch; ++i) ids.push_back(room_id(first + i));
    std::array<const RoomId*, RoomIndex::kFindBatch> asked{};
    for (std::size_t i = 0; i < ids.size(); ++i) asked.at(i) = &ids[i];
    std::array<Room*, RoomIndex::kFindBatch> found{};
    index.find_all(asked, found);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto known = model.find(first + i);
      Room* expected = known == model.end() ? nullptr : known->second;
      ASSERT_EQ(found.at(i), expected) << ids[i].name;
      ASSERT_EQ(index.find(ids[i]), expected) << ids[i].name;
    }
  }
}

TEST(RoomIndex, FindsWhatWasAddedAndNotErasedWhileItGrowsAndShrinks) {
  const std::uint64_t seed = seed_of_run();
  SCOPED_TRACE("RUNNEL_SEED=" + std::to_string(seed));
  constexpr std::uint64_t kNumbers = 3000;
  SeededRandom random(seed);
  RoomIndex index;
  std::map<std::uint64_t, Room*> model;
  for (int phase = 0; phase < 12; ++phase) {
    const std::uint64_t adds_of_ten = phase % 2 == 0 ? 8 : 2;
    for (int step = 0; step < 3000; ++step) {
      const std::uint64_t number = random.below(kNumbers);
      const auto known = model.find(number);
      if (known == model.end() && random.below(10) < adds_of_ten) {
        Room room;
        room.id = std::make_shared<const RoomId>(room_id(number));
        model.emplace(number, &index.add(std::move(room)));
      } else if (known != model.end() && random.below(10) >= adds_of_ten) {
        index.erase(*known->second);
        model.erase(known);
      }
    }
    expect_equal(index, model, kNumbers);
  }
  index.clear();
  expect_equal(index, {}, kNumbers);
}

TEST(RoomIndex, KeepsAPointerToARoomValidWhileOthersComeAndGo) {
  RoomIndex index;
  Room first;
  first.id = std::make_shared<const RoomId>(room_id(0));
  Room& kept = index.add(std::move(first));
  kept.pending = {1, 2, 3};
  index.to_unfolded(kept);
  for (std::uint64_t number = 1; number < 5000; ++number) {
    Room room;
    room.id = std::make_shared<const RoomId>(room_id(number));
    index.add(std::move(room));
  }
  index.trim_settled(10);
  EXPECT_EQ(index.size(), 11U);
  EXPECT_EQ(index.find(room_id(0)), &kept);
  EXPECT_EQ(&index.unfolded().front(), &kept);
  EXPECT_EQ(index.find(room_id(1)), nullptr) << "it settled first";
  EXPECT_NE(index.find(room_id(4999)), nullptr);
}

}  // namespace
}  // namespace runnel::storage
