// PositionIndex against a walk along the sequence, under random inserts, cuts, joins and deletions.
#include "ycpp/doc/position_index.h"

#include "base/testing/test_numbers.h"
#include "ycpp/doc/block_store.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace ycpp {
namespace {

// A sequence of blocks that is linked by hand; only their lengths and flags matter here.
class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : random_(seed), store_(0) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  [[nodiscard]] std::size_t size() const { return blocks_.size(); }

  void build() {
    index_ = std::make_unique<PositionIndex>(store_, blocks_.empty() ? kNone : blocks_.front());
  }

  void insert(std::size_t at) {
    const BlockIndex block = create(1 + below(9));
    if (below(5) == 0) store_.blocks[block].kind = BlockKind::Format;
    if (below(5) == 0) store_.blocks[block].flags |= block_flag::kDeleted;
    link(at, block);
    if (index_) index_->insert(store_, block);
  }

  void cut(std::size_t at) {
    const BlockIndex left = blocks_[at];
    const Clock length = store_.blocks.length(left);
    if (length < 2) return;
    const Clock kept = 1 + below(length - 1);
    const BlockIndex right = create(length - kept);
    store_.blocks[right].kind = store_.blocks[left].kind;
    store_.blocks[right].flags = store_.blocks[left].flags;
    store_.blocks.set_length(left, kept);
    link(at + 1, right);
    index_->split(store_, left, right);
  }

  // Joins two neighbours that count alike.
  void join(std::size_t at) {
    if (at + 1 >= blocks_.size()) return;
    const BlockIndex left = blocks_[at];
    const BlockIndex right = blocks_[at + 1];
    Block& low = store_.blocks[left];
    const Block& high = store_.blocks[right];
    if (low.kind != high.kind || low.flags != high.flags) return;
    index_->merge(store_, left, right);
    store_.blocks.set_length(left, store_.blocks.length(left) + store_.blocks.length(right));
    low.right = high.right;
    if (low.right != kNone) store_.blocks[low.right].left = left;
    store_.blocks.free(right);
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }

  void remove(std::size_t at) {
    store_.blocks[blocks_[at]].flags |= block_flag::kDeleted;
    index_->resize(store_, blocks_[at]);
  }

  void grow(std::size_t at) {
    store_.blocks.set_length(blocks_[at], store_.blocks.length(blocks_[at]) + 1 + below(5));
    index_->resize(store_, blocks_[at]);
  }

  void check() {
    Clock total = 0;
    for (const BlockIndex block : blocks_) {
      ASSERT_EQ(index_->index_of(block), total);
      const Clock visible = visible_length(block);
      for (const Clock offset : {Clock{0}, visible / 2, visible - 1}) {
        if (offset >= visible) continue;
        const PositionIndex::Place place = index_->find(total + offset);
        ASSERT_EQ(place.block, block);
        ASSERT_EQ(place.offset, offset);
      }
      total += visible;
    }
    ASSERT_EQ(index_->find(total).block, kNone);
  }

 private:
  BlockIndex create(Clock length) {
    const BlockIndex block = store_.blocks.create({.client = 0, .clock = clock_, .length = length});
    clock_ += length;
    store_.blocks[block].kind = BlockKind::String;
    return block;
  }

  void link(std::size_t at, BlockIndex block) {
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(at), block);
    const BlockIndex left = at == 0 ? kNone : blocks_[at - 1];
    const BlockIndex right = at + 1 == blocks_.size() ? kNone : blocks_[at + 1];
    store_.blocks[block].left = left;
    store_.blocks[block].right = right;
    if (left != kNone) store_.blocks[left].right = block;
    if (right != kNone) store_.blocks[right].left = block;
  }

  [[nodiscard]] Clock visible_length(BlockIndex block) const {
    const Block& item = store_.blocks[block];
    const bool is_visible = !store_.blocks.is_deleted(block) && is_countable(item.kind);
    return is_visible ? store_.blocks.length(block) : 0;
  }

  std::mt19937_64 random_;
  BlockStore store_;
  Clock clock_{0};
  std::vector<BlockIndex> blocks_;
  std::unique_ptr<PositionIndex> index_;
};

void change(Sequence& sequence, std::uint64_t action) {
  if (sequence.size() == 0 || action < 4) {
    sequence.insert(sequence.below(sequence.size() + 1));
    return;
  }
  const std::size_t at = sequence.below(sequence.size());
  if (action < 6) return sequence.cut(at);
  if (action < 8) return sequence.join(at);
  if (action == 8) return sequence.remove(at);
  sequence.grow(at);
}

TEST(PositionIndex, FindsWhatAWalkFindsAfterAnyChanges) {
  const std::uint64_t first = runnel::seed_of_run();
  for (std::uint64_t seed = first; seed < first + 8; ++seed) {
    SCOPED_TRACE("RUNNEL_SEED=" + std::to_string(seed));
    Sequence sequence(seed);
    const std::uint64_t before = seed % 3 * 700;
    for (std::uint64_t i = 0; i < before; ++i) sequence.insert(sequence.below(sequence.size() + 1));
    sequence.build();
    sequence.check();
    for (int step = 0; step < 3000; ++step) {
      change(sequence, sequence.below(10));
      if (step % 500 == 0) sequence.check();
    }
    sequence.check();
  }
}

TEST(PositionIndex, SurvivesThatEverythingIsJoinedAndBegunAnew) {
  Sequence sequence(runnel::seed_of_run());
  sequence.build();
  sequence.check();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) sequence.insert(0);
    sequence.check();
    for (int pass = 0; pass < 20; ++pass) {
      for (std::size_t at = sequence.size(); at-- > 0;) sequence.join(at);
    }
    sequence.check();
  }
}

}  // namespace
}  // namespace ycpp
