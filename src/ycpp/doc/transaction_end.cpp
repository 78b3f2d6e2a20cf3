#include "ycpp/doc/transaction_end.h"

#include "ycpp/doc/position_index.h"

#include <algorithm>
#include <vector>

namespace ycpp {

void sort_deletes(const BlockStore& store, std::vector<LocalRange>& deletes) {
  if (deletes.size() < 2) return;
  const auto is_before = [&](const LocalRange& a, const LocalRange& b) {
    if (a.client == b.client) return a.range.clock < b.range.clock;
    return store.clients[a.client].id > store.clients[b.client].id;
  };
  if (!std::is_sorted(deletes.begin(), deletes.end(), is_before)) {
    std::sort(deletes.begin(), deletes.end(), is_before);
  }
  std::size_t kept = 0;
  for (std::size_t i = 1; i < deletes.size(); ++i) {
    LocalRange& last = deletes[kept];
    const LocalRange& next = deletes[i];
    if (last.client == next.client && last.range.end() >= next.range.clock) {
      last.range.length = std::max(last.range.end(), next.range.end()) - last.range.clock;
    } else {
      deletes[++kept] = next;
    }
  }
  deletes.resize(kept + 1);
}

namespace {

// Gives up the contents of deleted types, however deep, without recursion.
class Collector {
 public:
  explicit Collector(BlockStore& store) : store_(store) {}

  // The content of a deleted item becomes its length alone.
  void collect_item(BlockIndex index) {
    Block& block = store_.blocks[index];
    if (block.kind == BlockKind::Deleted) return;
    if (block.kind != BlockKind::Type) return collect_block(store_, index);
    types_.push_back(block.content);
    collect_types();
    block.kind = BlockKind::Deleted;
    block.content = 0;
  }

 private:
  void collect_types() {
    while (!types_.empty()) {
      const TypeIndex type = types_.back();
      types_.pop_back();
      TypeNode& node = store_.types[type];
      collect_chain(node.start, &Block::right);
      for (EntryIndex entry = node.first_entry; entry != kNone;
           entry = store_.entries[entry].next) {
        collect_chain(store_.entries[entry].last, &Block::left);
      }
      store_.drop_entries(type);
      node.start = kNone;
      node.length = 0;
      node.is_gone = true;
      node.positions.reset();
    }
  }

  void collect_chain(BlockIndex first, BlockIndex Block::* next) {
    for (BlockIndex index = first; index != kNone;) {
      Block& block = store_.blocks[index];
      const BlockIndex following = block.*next;
      if (block.kind == BlockKind::Type) {
        types_.push_back(block.content);
      } else {
        store_.release_content(index);
      }
      if ((block.flags & block_flag::kRedone) != 0) store_.redone.erase(index);
      block.kind = BlockKind::Gc;
      block.content = 0;
      block.left = kNone;
      block.right = kNone;
      block.parent = kNone;
      block.flags =
          static_cast<std::uint8_t>((block.flags & block_flag::kWide) | block_flag::kDeleted);
      index = following;
    }
  }

  BlockStore& store_;
  std::vector<TypeIndex> types_;
};

// Joins what can be joined in one stretch of a client's list.
class SeamMerger {
 public:
  SeamMerger(BlockStore& store, ClientIndex client)
      : store_(store), list_(store.clients[client].list) {}

  // Looks at the seam in front of the block at `first`, and at every seam up to the one in front of
  // the last block that starts at or below `last_clock`. When the first seam closes, also at those
  // in front of it, as long as they close.
  void merge(BlockList::Position first, Clock last_clock) {
    BlockList::Position at = first;
    if (list_.to_previous(at)) {
      if (can_merge(at, first)) {
        BlockList::Position before = at;
        while (list_.to_previous(before) && can_merge(before, at)) at = before;
      }
    } else {
      at = first;
    }
    BlockIndex left = list_.at(at);
    BlockList::Position next = at;
    while (list_.to_next(next)) {
      const BlockIndex right = list_.at(next);
      if (store_.blocks.clock(right) > last_clock) return;
      if (store_.can_merge(left, right)) {
        store_.merge(left, right);
        list_.remove_after(store_.blocks, at);
        next = at;
      } else {
        at = next;
        left = right;
      }
    }
  }

  [[nodiscard]] BlockList::Position find(Clock clock) const {
    return list_.find(store_.blocks, clock);
  }

  [[nodiscard]] Clock clock(BlockList::Position position) const {
    return store_.blocks.clock(list_.at(position));
  }

  // Clock of the block behind a position, or of the one there if it is the last.
  [[nodiscard]] Clock next_clock(BlockList::Position position) const {
    BlockList::Position next = position;
    return list_.to_next(next) ? clock(next) : clock(position);
  }

  [[nodiscard]] const BlockList& list() const { return list_; }

 private:
  [[nodiscard]] bool can_merge(BlockList::Position left, BlockList::Position right) const {
    return store_.can_merge(list_.at(left), list_.at(right));
  }

  BlockStore& store_;
  BlockList& list_;
};

void merge_deleted(BlockStore& store, const LocalRange& deleted) {
  SeamMerger merger(store, deleted.client);
  const Clock last_clock = merger.next_clock(merger.find(deleted.range.end() - 1));
  BlockList::Position first = merger.find(deleted.range.clock);
  // It may have become a part of what stands before, with the range behind this one.
  if (merger.clock(first) < deleted.range.clock && !merger.list().to_next(first)) return;
  merger.merge(first, last_clock);
}

void merge_candidate(BlockStore& store, LocalId id) {
  SeamMerger merger(store, id.client);
  const BlockList::Position position = merger.find(id.clock);
  merger.merge(position, merger.next_clock(position));
}

void merge_new(BlockStore& store, const Transaction::Touched& touched) {
  SeamMerger merger(store, touched.client);
  BlockList::Position first = merger.find(touched.before);
  if (first == BlockList::Position{} && !merger.list().to_next(first)) return;
  merger.merge(first, kMaxSafeInteger);
}

}  // namespace

void collect_block(BlockStore& store, BlockIndex index) {
  store.release_content(index);
  Block& block = store.blocks[index];
  block.kind = BlockKind::Deleted;
  block.content = 0;
  block.flags &= static_cast<std::uint8_t>(~block_flag::kUnicode);
}

void merge_around(BlockStore& store, ClientIndex client, BlockList::Position position) {
  SeamMerger merger(store, client);
  BlockList::Position last = position;
  if (merger.list().to_next(last)) (void)merger.list().to_next(last);
  merger.merge(position, merger.clock(last));
}

void collect_garbage(BlockStore& store, const Transaction& transaction,
                     const std::function<bool(BlockIndex)>& may_collect) {
  Collector collector(store);
  for (const LocalRange& deleted : transaction.deletes) {
    const BlockList& list = store.clients[deleted.client].list;
    BlockList::Position position = list.find(store.blocks, deleted.range.clock);
    do {
      const BlockIndex index = list.at(position);
      const Block& block = store.blocks[index];
      if (store.blocks.clock(index) >= deleted.range.end()) break;
      constexpr std::uint8_t kDecisive = block_flag::kDeleted | block_flag::kKeep;
      const bool is_garbage =
          block.kind != BlockKind::Gc && (block.flags & kDecisive) == block_flag::kDeleted;
      if (is_garbage && (!may_collect || may_collect(index))) {
        collector.collect_item(index);
      }
    } while (list.to_next(position));
  }
}

void merge_blocks(BlockStore& store, const Transaction& transaction) {
  // Every seam in front of a new block is looked at below, whatever else points to it.
  const auto is_new = [&](ClientIndex client, Clock clock) {
    const ClientRecord& record = store.clients[client];
    return record.touched_in == transaction.serial && clock >= record.state_before;
  };
  for (auto deleted = transaction.deletes.rbegin(); deleted != transaction.deletes.rend();
       ++deleted) {
    if (!is_new(deleted->client, deleted->range.clock)) merge_deleted(store, *deleted);
  }
  for (const Transaction::Touched& touched : transaction.touched) merge_new(store, touched);
  for (auto candidate = transaction.merge_candidates.rbegin();
       candidate != transaction.merge_candidates.rend(); ++candidate) {
    if (!is_new(candidate->client, candidate->clock)) merge_candidate(store, *candidate);
  }
}

}  // namespace ycpp
