#include "ycpp/types/read.h"

#include "ycpp/doc/doc.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/types/edit.h"
#include "ycpp/types/snapshot.h"

namespace ycpp::edit {

namespace {

// The UTF-16 unit at `offset` as JavaScript's split('') gives it.
Value text_unit(const BlockStore& store, BlockIndex block, Clock offset) {
  return Any(slice_utf16(text_of(store, block), offset, offset + 1));
}

// Types inside types are as deep as a peer makes them; beyond the depth that any value may have,
// nothing is shown.
Any type_json_at(Doc& doc, TypeIndex type, std::size_t depth);

Any value_to_json(Doc& doc, const Value& value, std::size_t depth) {
  if (const SharedType* type = value.as_type(); type != nullptr) {
    return type_json_at(doc, type->index(), depth + 1);
  }
  if (const Any* any = value.as_any(); any != nullptr) return *any;
  AnyObject document;
  document.set("guid", value.as_subdocument()->guid());
  return document;
}

AnyArray list_to_json(Doc& doc, TypeIndex type, std::size_t depth) {
  AnyArray array;
  for_each_unit(doc, type, [&](const Value& value) {
    array.push_back(value_to_json(doc, value, depth));
    return true;
  });
  return array;
}

AnyObject map_to_json(Doc& doc, TypeIndex type, std::size_t depth) {
  std::vector<AnyObject::Member> members;
  for (const auto& [key, value] : live_entries(doc, type)) {
    members.emplace_back(key, value_to_json(doc, value, depth));
  }
  return AnyObject(std::move(members));
}

Any type_json_at(Doc& doc, TypeIndex type, std::size_t depth) {
  if (depth > kAnyDepthMax) return Undefined{};
  switch (doc.store().types[type].kind) {
    case TypeKind::Array:
      return list_to_json(doc, type, depth);
    case TypeKind::Map:
    case TypeKind::XmlHook:
      return map_to_json(doc, type, depth);
    case TypeKind::Text:
      return plain_text(doc.store(), type);
    case TypeKind::XmlText:
    case TypeKind::XmlElement:
    case TypeKind::XmlFragment:
      return xml_string(doc, type);
    case TypeKind::Untyped:
      return Undefined{};
  }
  return Undefined{};
}

}  // namespace

Value unit_value(Doc& doc, BlockIndex block, Clock offset) {
  const BlockStore& store = doc.store();
  switch (store.blocks[block].kind) {
    case BlockKind::Any:
    case BlockKind::Json:
    case BlockKind::Binary:
      return value_at(store, block, offset);
    case BlockKind::String:
      return text_unit(store, block, offset);
    case BlockKind::Embed:
      return embed_of(store, block);
    case BlockKind::Type:
      return SharedType(doc, store.type_of(block));
    case BlockKind::Doc:
      return Subdocument(doc, store.blocks[block].content);
    case BlockKind::Gc:
    case BlockKind::Deleted:
    case BlockKind::Format:
    case BlockKind::Skip:
      return Any(Undefined{});
  }
  return Any(Undefined{});
}

void append_values(Doc& doc, BlockIndex block, std::vector<Value>& out) {
  const BlockStore& store = doc.store();
  const BlockKind kind = store.blocks[block].kind;
  if (!is_countable(kind)) return;
  if (kind == BlockKind::Any || kind == BlockKind::Json) {
    for (Any& value : values_of(store, block)) out.emplace_back(std::move(value));
    return;
  }
  const Clock length = store.blocks.length(block);
  for (Clock i = 0; i < length; ++i) out.push_back(unit_value(doc, block, i));
}

Value last_value(Doc& doc, BlockIndex block) {
  return unit_value(doc, block, doc.store().blocks.length(block) - 1);
}

void for_each_unit(Doc& doc, TypeIndex type, const std::function<bool(const Value&)>& visit) {
  const BlockStore& store = doc.store();
  std::vector<Value> values;
  for (BlockIndex block = store.types[type].start; block != kNone;
       block = store.blocks[block].right) {
    if (!is_visible(store, block)) continue;
    values.clear();
    append_values(doc, block, values);
    for (const Value& value : values) {
      if (!visit(value)) return;
    }
  }
}

std::vector<std::pair<std::string, Value>> live_entries(Doc& doc, TypeIndex type) {
  const BlockStore& store = doc.store();
  std::vector<std::pair<std::string, Value>> entries;
  for (EntryIndex entry = store.types[type].first_entry; entry != kNone;
       entry = store.entries[entry].next) {
    const BlockIndex block = store.entries[entry].last;
    if (block == kNone || is_deleted(store, block)) continue;
    entries.emplace_back(store.names.text(store.entries[entry].key), last_value(doc, block));
  }
  return entries;
}

std::string plain_text(const BlockStore& store, TypeIndex type) {
  std::string text;
  for (BlockIndex block = store.types[type].start; block != kNone;
       block = store.blocks[block].right) {
    if (!is_deleted(store, block) && store.blocks[block].kind == BlockKind::String) {
      append_wtf8(text, text_of(store, block));
    }
  }
  return text;
}

bool is_visible_in(const BlockStore& store, BlockIndex block, const Snapshot* snapshot) {
  if (snapshot == nullptr) return !is_deleted(store, block);
  return snapshot->contains(store.global(store.blocks.id(block)));
}

Any type_to_json(Doc& doc, TypeIndex type) { return type_json_at(doc, type, 0); }

}  // namespace ycpp::edit
