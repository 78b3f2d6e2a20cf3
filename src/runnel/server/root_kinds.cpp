#include "runnel/server/root_kinds.h"

#include "ycpp/doc/block_store.h"
#include "ycpp/types/roots.h"

#include <string>
#include <utility>
#include <vector>

namespace runnel::server {

namespace {

using ycpp::BlockKind;
using ycpp::TypeKind;

bool is_xml(TypeKind kind) {
  return kind == TypeKind::XmlElement || kind == TypeKind::XmlText || kind == TypeKind::XmlHook;
}

TypeKind kind_of(const ycpp::BlockStore& store, const ycpp::TypeNode& node) {
  bool is_list = false;
  for (ycpp::BlockIndex at = node.start; at != ycpp::kNone; at = store.blocks[at].right) {
    const ycpp::Block& block = store.blocks[at];
    switch (block.kind) {
      case BlockKind::String:
      case BlockKind::Format:
      case BlockKind::Embed:
        return TypeKind::Text;
      case BlockKind::Type:
        if (is_xml(store.types[block.content].kind)) return TypeKind::XmlFragment;
        is_list = true;
        break;
      case BlockKind::Json:
      case BlockKind::Any:
      case BlockKind::Binary:
      case BlockKind::Doc:
        is_list = true;
        break;
      case BlockKind::Gc:
      case BlockKind::Deleted:
      case BlockKind::Skip:
        break;
    }
  }
  if (is_list) return TypeKind::Array;
  return node.first_entry != ycpp::kNone ? TypeKind::Map : TypeKind::Untyped;
}

}  // namespace

ycpp::TypeKind likely_kind(ycpp::Doc& doc, std::string_view root) {
  const auto found = ycpp::find_root(doc, root);
  if (!found) return TypeKind::Untyped;
  return kind_of(doc.store(), doc.store().types[found->index()]);
}

void settle_root_kinds(ycpp::Doc& doc) {
  std::vector<std::pair<std::string, TypeKind>> kinds;
  for (const ycpp::TypeIndex root : doc.store().roots) {
    const ycpp::TypeNode& node = doc.store().types[root];
    if (node.kind != TypeKind::Untyped) continue;
    kinds.emplace_back(doc.store().names.text(node.name), kind_of(doc.store(), node));
  }
  for (const auto& [name, kind] : kinds) {
    if (kind == TypeKind::Text) (void)doc.get_text(name);
    if (kind == TypeKind::Array) (void)doc.get_array(name);
    if (kind == TypeKind::Map) (void)doc.get_map(name);
    if (kind == TypeKind::XmlFragment) (void)doc.get_xml_fragment(name);
  }
}

}  // namespace runnel::server
