#include "ycpp/types/map_edit.h"

namespace ycpp::edit {

void set_key(Edit& edit, TypeIndex type, std::string_view key, const Content& value) {
  const NameIndex name = edit.store.names.intern(key);
  const EntryIndex entry = edit.store.find_entry(type, name);
  const BlockIndex last = entry == kNone ? kNone : edit.store.entries[entry].last;
  insert_content_block(edit, {.parent = type, .key = name, .left = last}, value);
}

void delete_key(Edit& edit, TypeIndex type, std::string_view key) {
  const BlockIndex block = find_key(edit.store, type, key);
  if (block != kNone) edit.integrator.remove(block);
}

void clear_keys(Edit& edit, TypeIndex type) {
  for (EntryIndex entry = edit.store.types[type].first_entry; entry != kNone;
       entry = edit.store.entries[entry].next) {
    const BlockIndex block = edit.store.entries[entry].last;
    if (block != kNone && !is_deleted(edit.store, block)) edit.integrator.remove(block);
  }
}

BlockIndex find_key(const BlockStore& store, TypeIndex type, std::string_view key) {
  const NameIndex name = store.names.find(key);
  const EntryIndex entry = name == kNone ? kNone : store.find_entry(type, name);
  const BlockIndex block = entry == kNone ? kNone : store.entries[entry].last;
  return block == kNone || is_deleted(store, block) ? kNone : block;
}

}  // namespace ycpp::edit
