// BlockList against a plain vector of blocks, under random cuts, joins and appends.
#include "ycpp/doc/block_list.h"

#include "base/testing/test_numbers.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace ycpp {
namespace {

class BlockListModel {
 public:
  explicit BlockListModel(std::uint64_t seed) : random_(seed) {}

  BlockTable table;
  BlockList list;
  std::vector<BlockIndex> blocks;

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  BlockIndex create(Clock clock, Clock length) {
    return table.create({.client = 0, .clock = clock, .length = length});
  }

  [[nodiscard]] Clock state() const { return blocks.empty() ? 0 : table.end(blocks.back()); }

  void append(Clock length) {
    blocks.push_back(create(state(), length));
    list.append(table, blocks.back());
  }

  // Cuts a block of more than one unit.
  void cut(std::size_t at) {
    const BlockIndex left = blocks[at];
    const Clock length = table.length(left);
    if (length < 2) return;
    const Clock kept = 1 + below(length - 1);
    const BlockIndex right = create(table.clock(left) + kept, length - kept);
    table.set_length(left, kept);
    const BlockList::Position position = list.find(table, table.clock(left));
    EXPECT_EQ(list.at(list.insert_after(table, position, right)), right);
    blocks.insert(blocks.begin() + static_cast<std::ptrdiff_t>(at) + 1, right);
  }

  void join(std::size_t at) {
    if (at + 1 >= blocks.size()) return;
    const BlockIndex right = blocks[at + 1];
    const BlockList::Position position = list.find(table, table.clock(blocks[at]));
    list.remove_after(table, position);
    table.set_length(blocks[at], table.length(blocks[at]) + table.length(right));
    table.free(right);
    blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }

  void check() {
    ASSERT_EQ(list.empty(), blocks.empty());
    if (blocks.empty()) return;
    BlockList::Position position{};
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      ASSERT_EQ(list.at(position), blocks[i]) << i;
      ASSERT_EQ(list.count_from(position), blocks.size() - i);
      BlockList::Position back = position;
      ASSERT_EQ(list.to_previous(back), i > 0);
      ASSERT_TRUE(i == 0 || list.at(back) == blocks[i - 1]);
      ASSERT_EQ(list.to_next(position), i + 1 < blocks.size());
    }
    ASSERT_EQ(list.last(), blocks.back());
    ASSERT_EQ(list.at(list.last_position()), blocks.back());
    for (int i = 0; i < 20; ++i) check_find(below(state()));
  }

  void check_find(Clock clock) {
    const BlockIndex found = list.at(list.find(table, clock));
    EXPECT_LE(table.clock(found), clock);
    EXPECT_LT(clock, table.end(found));
  }

 private:
  std::mt19937_64 random_;
};

TEST(BlockList, HoldsWhatAPlainListHoldsAfterAnyChanges) {
  const std::uint64_t first = runnel::seed_of_run();
  for (std::uint64_t seed = first; seed < first + 8; ++seed) {
    SCOPED_TRACE("RUNNEL_SEED=" + std::to_string(seed));
    BlockListModel model(seed);
    for (int step = 0; step < 3000; ++step) {
      const std::uint64_t action = model.below(seed % 2 == 0 ? 5 : 8);
      if (model.blocks.empty() || action == 0) {
        model.append(1 + model.below(200));
      } else if (action < 4) {
        model.cut(model.below(model.blocks.size()));
      } else {
        model.join(model.below(model.blocks.size()));
      }
      if (step % 300 == 0) model.check();
    }
    model.check();
  }
}

TEST(BlockList, FindsAnnouncedBlocksWhateverTheirLengths) {
  const std::uint64_t seed = runnel::seed_of_run();
  SCOPED_TRACE("RUNNEL_SEED=" + std::to_string(seed));
  for (const Clock longest : {Clock{1}, Clock{9}, Clock{1} << 40U}) {
    BlockListModel model(seed);
    for (int i = 0; i < 200; ++i) model.append(3);
    std::vector<Clock> lengths;
    Clock end = model.state();
    for (int i = 0; i < 1000; ++i) {
      lengths.push_back(1 + model.below(longest));
      end += lengths.back();
    }
    model.list.expect(lengths.size(), model.state(), end);
    for (const Clock length : lengths) {
      model.append(length);
      model.check_find(model.below(model.state()));
    }
    model.list.drop_shortcuts();
    model.check();
  }
}

TEST(BlockList, FindsBlocksBeyondWhatWasAnnounced) {
  for (const std::size_t announced : {std::size_t{1}, std::size_t{300}, std::size_t{5000}}) {
    BlockListModel model(1);
    model.append(3);
    model.list.expect(announced, model.state(), model.state() + 600);
    for (int i = 0; i < 1000; ++i) {
      model.append(2);
      model.check_find(model.below(model.state()));
    }
    model.check();
  }
}

TEST(BlockList, IsCutShort) {
  BlockListModel model(1);
  for (int i = 0; i < 1000; ++i) model.append(2);
  for (const std::size_t kept : {700U, 128U, 1U}) {
    model.list.truncate_after(model.list.find(model.table, 2 * (kept - 1)));
    model.blocks.resize(kept);
    model.check();
    model.append(2);
    model.check();
  }
}

}  // namespace
}  // namespace ycpp
