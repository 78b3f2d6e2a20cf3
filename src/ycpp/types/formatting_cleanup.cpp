#include "ycpp/types/formatting_cleanup.h"

#include "ycpp/types/text_edit.h"
#include "ycpp/types/type_system.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ycpp::edit {

namespace {

// Types in the order in which they were found, each once.
class TypeList {
 public:
  void add(TypeIndex type) {
    if (known_.insert(type).second) types_.push_back(type);
  }

  [[nodiscard]] bool contains(TypeIndex type) const { return known_.contains(type); }

  [[nodiscard]] const std::vector<TypeIndex>& types() const noexcept { return types_; }

 private:
  std::vector<TypeIndex> types_;
  std::unordered_set<TypeIndex> known_;
};

// Texts into which a format came that is still there.
void find_new_formats(const BlockStore& store, const Transaction& transaction, TypeList& found) {
  for (const Transaction::Touched& touched : transaction.touched) {
    const BlockList& list = store.clients[touched.client].list;
    BlockList::Position position = list.find(store.blocks, touched.before);
    do {
      const BlockIndex block = list.at(position);
      if (is_format(store, block) && !is_deleted(store, block)) found.add(store.parent_type(block));
    } while (list.to_next(position));
  }
}

// Goes through what was deleted.
class DeletedVisitor {
 public:
  DeletedVisitor(Edit& edit, TypeList& full) noexcept : edit_(edit), full_(full) {}

  // Blocks of a deleted range, cut at its edges.
  void visit(LocalRange range) {
    const BlockStore& store = edit_.store;
    const Clock end = std::min(range.range.end(), store.clients[range.client].state);
    for (Clock clock = range.range.clock; clock < end;) {
      const BlockIndex block = cut({range.client, clock});
      if (store.blocks.end(block) > end) cut({range.client, end});
      clock = store.blocks.end(block);
      visit(block);
    }
  }

 private:
  // Both parts of a block that was visited are.
  BlockIndex cut(LocalId id) {
    const bool was_visited = !visited_.empty() && visited_.contains(edit_.store.find(id));
    const BlockIndex block = edit_.integrator.clean_start(id);
    if (was_visited) visited_.insert(block);
    return block;
  }

  void visit(BlockIndex block) {
    const BlockStore& store = edit_.store;
    if (store.blocks[block].kind == BlockKind::Gc) return;
    const TypeIndex parent = store.parent_type(block);
    if (!store.types[parent].has_formatting || full_.contains(parent)) return;
    if (is_format(store, block)) {
      full_.add(parent);
    } else if (!visited_.contains(block)) {
      clean_formatting_around(edit_, block, visited_);
    }
  }

  Edit& edit_;
  TypeList& full_;
  std::unordered_set<BlockIndex> visited_;  // of gaps that are clean
};

std::vector<LocalRange> in_order(std::vector<LocalRange> deletes,
                                 const std::vector<ClientIndex>& clients) {
  std::unordered_map<ClientIndex, std::size_t> rank;
  for (const ClientIndex client : clients) rank.emplace(client, rank.size());
  std::sort(deletes.begin(), deletes.end(), [&](const LocalRange& a, const LocalRange& b) {
    if (a.client != b.client) return rank[a.client] < rank[b.client];
    return a.range.clock < b.range.clock;
  });
  return deletes;
}

}  // namespace

void clean_up_formatting(Doc& doc, const Transaction& transaction,
                         const std::vector<ClientIndex>& deletion_order) {
  TypeList full;
  find_new_formats(doc.store(), transaction, full);
  with_edit(doc, [&](Edit& edit) {
    const std::vector<LocalRange> deletes = in_order(transaction.deletes, deletion_order);
    DeletedVisitor visitor(edit, full);
    for (const LocalRange& range : deletes) visitor.visit(range);
    for (const TypeIndex type : full.types()) clean_formatting(edit, type);
  });
}

}  // namespace ycpp::edit
