#include "ycpp/doc/rollback.h"

#include "ycpp/doc/position_index.h"
#include "ycpp/types/search_markers.h"

#include <algorithm>
#include <vector>

namespace ycpp {

namespace {

class Rollback {
 public:
  explicit Rollback(BlockStore& store) noexcept : store_(store), blocks_(store.blocks) {}

  void remove_new(const Transaction::Touched& touched) {
    const BlockList& list = store_.clients[touched.client].list;
    BlockList::Position position = list.find(blocks_, touched.before);
    std::vector<BlockIndex> gone;
    do {
      gone.push_back(list.at(position));
    } while (list.to_next(position));
    store_.forget_blocks_from(touched.client, touched.before);
    for (const BlockIndex block : gone) {
      if (blocks_[block].kind != BlockKind::Gc) {
        unlink(block);
        store_.release_content(block);
      }
      blocks_.free(block);
    }
  }

  void bring_back(const LocalRange& deleted) {
    if (deleted.range.clock >= store_.clients[deleted.client].state) return;
    const BlockList& list = store_.clients[deleted.client].list;
    BlockList::Position position = list.find(blocks_, deleted.range.clock);
    do {
      const BlockIndex index = list.at(position);
      Block& block = blocks_[index];
      if (blocks_.clock(index) >= deleted.range.end()) return;
      block.flags &= static_cast<std::uint8_t>(~block_flag::kDeleted);
      if (store_.is_keyed(index)) continue;
      if (is_countable(block.kind)) store_.types[block.parent].length += blocks_.length(index);
      changed_.push_back(block.parent);
    } while (list.to_next(position));
  }

  // The last cut first: one may stand in what another left on its right.
  void mend_cuts() {
    for (auto cut = store_.damaging_cuts.rbegin(); cut != store_.damaging_cuts.rend(); ++cut) {
      const ClientRecord& client = store_.clients[cut->behind.client];
      if (cut->behind.clock >= client.state) continue;  // within what was new
      const BlockIndex left = client.list.at(client.list.find(blocks_, cut->behind.clock - 1));
      const BlockIndex right = client.list.at(client.list.find(blocks_, cut->behind.clock));
      store_.mend_cut(left, right, *cut);
    }
    store_.damaging_cuts.clear();
  }

  // Positions that were remembered may be wrong, and keys without a value left in the list.
  void repair_types(std::size_t kept) {
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    for (const TypeIndex type : changed_) {
      if (type >= kept) break;
      TypeNode& node = store_.types[type];
      node.positions.reset();
      if (node.markers) node.markers->clear();
      drop_empty_entries(node);
    }
  }

 private:
  void unlink(BlockIndex index) {
    const Block& block = blocks_[index];
    const bool is_keyed = store_.is_keyed(index);
    TypeNode& parent = store_.types[store_.parent_type(index)];
    if (block.left != kNone) {
      blocks_[block.left].right = block.right;
    } else if (!is_keyed) {
      parent.start = block.right;
    }
    if (block.right != kNone) {
      blocks_[block.right].left = block.left;
    } else if (is_keyed) {
      store_.entries[block.parent].last = block.left;
    }
    const bool is_counted = !is_keyed && !blocks_.is_deleted(index) && is_countable(block.kind);
    if (is_counted) parent.length -= blocks_.length(index);
    changed_.push_back(store_.parent_type(index));
  }

  void drop_empty_entries(TypeNode& node) {
    EntryIndex entry = node.first_entry;
    node.first_entry = kNone;
    node.last_entry = kNone;
    while (entry != kNone) {
      const EntryIndex next = store_.entries[entry].next;
      store_.entries[entry].next = kNone;
      if (store_.entries[entry].last != kNone) {
        EntryIndex& link =
            node.last_entry == kNone ? node.first_entry : store_.entries[node.last_entry].next;
        link = entry;
        node.last_entry = entry;
      }
      entry = next;
    }
  }

  BlockStore& store_;
  BlockTable& blocks_;
  std::vector<TypeIndex> changed_;
};

}  // namespace

void roll_back(BlockStore& store, Transaction& transaction, RollbackPoint point) {
  Rollback rollback(store);
  for (const Transaction::Touched& touched : transaction.touched) rollback.remove_new(touched);
  store.forget_clients_without_blocks();
  for (const LocalRange& deleted : transaction.deletes) rollback.bring_back(deleted);
  rollback.mend_cuts();
  rollback.repair_types(point.types);
  store.forget_roots_from(point.roots);
  const auto first_type = store.types.begin() + static_cast<std::ptrdiff_t>(point.types);
  store.types.erase(first_type, store.types.end());
  store.subdocuments.resize(point.subdocuments);
  std::erase_if(transaction.merge_candidates,
                [&](const LocalId& id) { return id.clock >= store.clients[id.client].state; });
  transaction.touched.clear();
  transaction.deletes.clear();
  transaction.changed.clear();
  transaction.subdocuments_added.clear();
  transaction.subdocuments_removed.clear();
  transaction.subdocuments_loaded.clear();
}

}  // namespace ycpp
