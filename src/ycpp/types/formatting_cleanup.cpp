#include "ycpp/types/formatting_cleanup.h"

#include "ycpp/types/text_edit.h"
#include "ycpp/types/type_system.h"

#include <algorithm>
#include <vector>

namespace ycpp::edit {

namespace {

// Types in the order in which they were found, each once.
class TypeList {
 public:
  void add(TypeIndex type) {
    if (!contains(type)) types_.push_back(type);
  }

  [[nodiscard]] bool contains(TypeIndex type) const noexcept {
    return std::ranges::find(types_, type) != types_.end();
  }

  [[nodiscard]] const std::vector<TypeIndex>& types() const noexcept { return types_; }

 private:
  std::vector<TypeIndex> types_;
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

void visit_deleted(Edit& edit, BlockIndex block, TypeList& full) {
  const BlockStore& store = edit.store;
  if (store.blocks[block].kind == BlockKind::Gc) return;
  const TypeIndex parent = store.parent_type(block);
  if (!store.types[parent].has_formatting || full.contains(parent)) return;
  if (is_format(store, block)) {
    full.add(parent);
  } else {
    clean_formatting_around(edit, block);
  }
}

// Blocks of a deleted range, cut at its edges.
void visit_range(Edit& edit, LocalRange range, TypeList& full) {
  const BlockStore& store = edit.store;
  const Clock end = std::min(range.range.end(), store.clients[range.client].state);
  for (Clock clock = range.range.clock; clock < end;) {
    const BlockIndex block = edit.integrator.clean_start({range.client, clock});
    if (store.blocks.end(block) > end) edit.integrator.clean_start({range.client, end});
    clock = store.blocks.end(block);
    visit_deleted(edit, block, full);
  }
}

}  // namespace

void clean_up_formatting(Doc& doc, const Transaction& transaction) {
  TypeList full;
  find_new_formats(doc.store(), transaction, full);
  with_edit(doc, [&](Edit& edit) {
    const std::vector<LocalRange> deletes = transaction.deletes;
    for (const LocalRange& range : deletes) visit_range(edit, range, full);
    for (const TypeIndex type : full.types()) clean_formatting(edit, type);
  });
}

}  // namespace ycpp::edit
