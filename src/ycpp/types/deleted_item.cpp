#include "ycpp/types/deleted_item.h"

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/doc_state.h"
#include "ycpp/types/read.h"

namespace ycpp {

Id DeletedItem::id() const noexcept {
  const BlockStore& store = doc_->store();
  return store.global(store.blocks.id(block_));
}

Clock DeletedItem::length() const noexcept { return doc_->store().blocks.length(block_); }

BlockKind DeletedItem::kind() const noexcept { return doc_->store().blocks[block_].kind; }

std::vector<Value> DeletedItem::values() const {
  std::vector<Value> values;
  edit::append_values(*doc_, block_, values);
  return values;
}

SharedType DeletedItem::parent() const noexcept {
  return {*doc_, doc_->store().parent_type(block_)};
}

std::optional<std::string> DeletedItem::key() const {
  const BlockStore& store = doc_->store();
  if (!store.is_keyed(block_)) return std::nullopt;
  return std::string(store.names.text(store.entries[store.blocks[block_].parent].key));
}

bool DeletedItem::is_inside(const SharedType& type) const noexcept {
  const BlockStore& store = doc_->store();
  TypeIndex around = store.parent_type(block_);
  while (around != type.index()) {
    const BlockIndex item = store.types[around].item;
    if (item == kNone) return false;
    around = store.parent_type(item);
  }
  return true;
}

bool Doc::may_collect(BlockIndex block) {
  return state_->options.gc_filter(DeletedItem(*this, block));
}

}  // namespace ycpp
