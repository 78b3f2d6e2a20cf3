#include "ycpp/types/xml.h"

#include "ycpp/doc/doc.h"
#include "ycpp/types/list_access.h"
#include "ycpp/types/list_edit.h"
#include "ycpp/types/map_edit.h"
#include "ycpp/types/snapshot.h"
#include "ycpp/types/type_system.h"
#include "ycpp/types/well_formed.h"

namespace ycpp {

namespace {

std::string name_of(const SharedType& type) {
  const BlockStore& store = type.doc().store();
  const TypeNode& node = store.types[type.index()];
  // A root element has the name that Yjs gives one without a name.
  if (node.item == kNone || node.name == kNone) return "UNDEFINED";
  return std::string(store.names.text(node.name));
}

bool has_children(TypeKind kind) noexcept {
  return kind == TypeKind::XmlElement || kind == TypeKind::XmlFragment;
}

// The next block that is not deleted, to the right or to the left.
std::optional<SharedType> sibling(const SharedType& type, bool to_right) {
  const BlockStore& store = type.doc().store();
  BlockIndex block = store.types[type.index()].item;
  if (block == kNone) return std::nullopt;
  do {
    block = to_right ? store.blocks[block].right : store.blocks[block].left;
  } while (block != kNone && edit::is_deleted(store, block));
  if (block == kNone || store.blocks[block].kind != BlockKind::Type) return std::nullopt;
  return SharedType(type.doc(), store.type_of(block));
}

}  // namespace

std::uint64_t XmlFragment::length() const noexcept { return edit::list_length(*this); }

Result<void> XmlFragment::insert(std::uint64_t index, const std::vector<Content>& children) const {
  return edit::list_insert(*this, index, children);
}

Result<void> XmlFragment::insert_after(const std::optional<SharedType>& child,
                                       const std::vector<Content>& children) const {
  BlockIndex left = kNone;
  if (child.has_value()) {
    const BlockStore& store = doc_->store();
    left = store.types[child->index()].item;
    const bool is_child =
        left != kNone && !store.is_keyed(left) && store.parent_type(left) == type_;
    if (!is_child) return runnel::fail(Errc::Invalid, "inserting behind what is not a child");
  }
  edit::with_edit(*doc_,
                  [&](edit::Edit& edit) { edit::insert_after(edit, type_, left, children); });
  return {};
}

void XmlFragment::push(const std::vector<Content>& children) const {
  // The end is never beyond the length.
  (void)edit::list_insert(*this, length(), children).has_value();
}

void XmlFragment::unshift(const std::vector<Content>& children) const {
  (void)edit::list_insert(*this, 0, children).has_value();
}

Result<void> XmlFragment::remove(std::uint64_t index, std::uint64_t length) const {
  return edit::list_remove(*this, index, length);
}

std::optional<Value> XmlFragment::get(std::uint64_t index) const {
  return edit::list_get(*this, index);
}

std::vector<Value> XmlFragment::to_array() const { return edit::list_values(*this); }

std::vector<Value> XmlFragment::slice(std::int64_t start, std::int64_t end) const {
  return edit::list_slice(*this, start, end);
}

void XmlFragment::for_each(
    const std::function<void(const Value&, std::uint64_t index)>& visit) const {
  std::uint64_t index = 0;
  edit::for_each_unit(*doc_, type_, [&](const Value& value) {
    visit(value, index++);
    return true;
  });
}

std::optional<SharedType> XmlFragment::first_child() const {
  const BlockStore& store = doc_->store();
  BlockIndex block = store.types[type_].start;
  while (block != kNone && edit::is_deleted(store, block)) block = store.blocks[block].right;
  if (block == kNone || store.blocks[block].kind != BlockKind::Type) return std::nullopt;
  return SharedType(*doc_, store.type_of(block));
}

std::vector<SharedType> XmlFragment::walk(
    const std::function<bool(const SharedType&)>& filter) const {
  const BlockStore& store = doc_->store();
  std::vector<SharedType> found;
  // Where to go on at each level; types inside types are as deep as a peer makes them.
  std::vector<BlockIndex> path{store.types[type_].start};
  while (!path.empty()) {
    const BlockIndex block = path.back();
    if (block == kNone) {
      path.pop_back();
      continue;
    }
    path.back() = store.blocks[block].right;
    if (edit::is_deleted(store, block) || store.blocks[block].kind != BlockKind::Type) continue;
    const SharedType child(*doc_, store.type_of(block));
    if (filter(child)) found.push_back(child);
    if (has_children(child.kind())) path.push_back(store.types[child.index()].start);
  }
  return found;
}

std::optional<XmlElement> XmlFragment::query_selector(std::string_view node_name) const {
  const std::vector<XmlElement> all = query_selector_all(node_name);
  if (all.empty()) return std::nullopt;
  return all.front();
}

std::vector<XmlElement> XmlFragment::query_selector_all(std::string_view node_name) const {
  const std::string wanted = edit::upper_case(node_name);
  std::vector<XmlElement> elements;
  const std::vector<SharedType> found = walk([&](const SharedType& type) {
    return type.kind() == TypeKind::XmlElement && edit::upper_case(name_of(type)) == wanted;
  });
  elements.reserve(found.size());
  for (const SharedType& type : found) elements.emplace_back(*doc_, type.index());
  return elements;
}

std::string XmlFragment::to_string() const { return edit::xml_string(*doc_, type_); }

std::string XmlElement::node_name() const { return name_of(*this); }

void XmlElement::set_attribute(std::string_view key, const Content& value) const {
  edit::with_edit(
      *doc_, [&](edit::Edit& edit) { edit::set_key(edit, type_, edit::well_formed(key), value); });
}

void XmlElement::remove_attribute(std::string_view key) const {
  edit::with_edit(*doc_, [&](edit::Edit& edit) { edit::delete_key(edit, type_, key); });
}

std::optional<Value> XmlElement::get_attribute(std::string_view key) const {
  const BlockIndex block = edit::find_key(doc_->store(), type_, key);
  if (block == kNone) return std::nullopt;
  return edit::last_value(*doc_, block);
}

bool XmlElement::has_attribute(std::string_view key) const {
  return edit::find_key(doc_->store(), type_, key) != kNone;
}

std::vector<std::pair<std::string, Value>> XmlElement::attributes() const {
  return edit::live_entries(*doc_, type_);
}

std::vector<std::pair<std::string, Value>> XmlElement::attributes(const Snapshot& snapshot) const {
  return type_map_get_all_snapshot(*this, snapshot);
}

std::optional<SharedType> XmlElement::next_sibling() const { return sibling(*this, true); }

std::optional<SharedType> XmlElement::prev_sibling() const { return sibling(*this, false); }

std::optional<SharedType> XmlText::next_sibling() const { return sibling(*this, true); }

std::optional<SharedType> XmlText::prev_sibling() const { return sibling(*this, false); }

std::string XmlHook::hook_name() const { return name_of(*this); }

}  // namespace ycpp
