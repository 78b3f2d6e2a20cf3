#include "ycpp/types/clone.h"

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/doc.h"
#include "ycpp/types/attributes.h"
#include "ycpp/types/read.h"
#include "ycpp/types/text_delta.h"
#include "ycpp/types/xml.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ycpp::edit {

namespace {

using Entries = std::vector<std::pair<std::string, Content>>;

// Types inside types are as deep as a peer makes them.
NewType clone_at(Doc& doc, TypeIndex type, std::size_t depth);

Content clone_value(Doc& doc, const Value& value, std::size_t depth) {
  if (const Any* any = value.as_any(); any != nullptr) return *any;
  if (const SharedType* type = value.as_type(); type != nullptr) {
    return clone_at(doc, type->index(), depth + 1);
  }
  const Subdocument& document = *value.as_subdocument();
  return NewSubdocument{.guid = document.guid(),
                        .gc = document.gc(),
                        .auto_load = document.auto_load(),
                        .should_load = document.auto_load(),
                        .meta = document.meta()};
}

std::vector<Content> clone_items(Doc& doc, TypeIndex type, std::size_t depth) {
  std::vector<Content> items;
  for_each_unit(doc, type, [&](const Value& value) {
    items.push_back(clone_value(doc, value, depth));
    return true;
  });
  return items;
}

Entries clone_entries(Doc& doc, TypeIndex type, std::size_t depth) {
  Entries entries;
  for (const auto& [key, value] : live_entries(doc, type)) {
    entries.emplace_back(key, clone_value(doc, value, depth));
  }
  return entries;
}

// Yjs sees the attributes of an element as a JavaScript object: array indices come first.
Entries in_object_order(Entries entries) {
  AttributeMap keys;
  for (const auto& entry : entries) keys.set(entry.first, {});
  Entries ordered;
  ordered.reserve(entries.size());
  for (const std::string& key : keys.object_keys()) {
    ordered.push_back(*std::ranges::find(entries, key, &Entries::value_type::first));
  }
  return ordered;
}

void clone_text(Doc& doc, TypeIndex type, std::size_t depth, NewType& copy) {
  for (const DeltaOp& op : text_delta(doc, type, {.identities = &copy.format_identities})) {
    DeltaInput& made = copy.delta.emplace_back();
    if (op.insert.has_value()) made.insert = clone_value(doc, *op.insert, depth);
    made.attributes = op.attributes;
  }
}

NewType clone_at(Doc& doc, TypeIndex type, std::size_t depth) {
  NewType copy;
  copy.kind = doc.store().types[type].kind;
  if (copy.kind == TypeKind::XmlElement) copy.name = XmlElement(doc, type).node_name();
  if (copy.kind == TypeKind::XmlHook) copy.name = XmlHook(doc, type).hook_name();
  if (depth > kAnyDepthMax) return copy;
  switch (copy.kind) {
    case TypeKind::Array:
    case TypeKind::XmlFragment:
      copy.items = clone_items(doc, type, depth);
      break;
    case TypeKind::XmlElement:
      copy.items = clone_items(doc, type, depth);
      copy.entries = in_object_order(clone_entries(doc, type, depth));
      break;
    case TypeKind::Map:
    case TypeKind::XmlHook:
      copy.entries = clone_entries(doc, type, depth);
      break;
    case TypeKind::Text:
    case TypeKind::XmlText:
      clone_text(doc, type, depth, copy);
      break;
    case TypeKind::Untyped:
      copy.kind = TypeKind::Map;
      break;
  }
  return copy;
}

}  // namespace

NewType clone_type(Doc& doc, TypeIndex type) { return clone_at(doc, type, 0); }

}  // namespace ycpp::edit
