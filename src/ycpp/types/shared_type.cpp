// Handles of any kind of type, and the roots of a document.
#include "base/check.h"
#include "ycpp/types/array.h"
#include "ycpp/types/clone.h"
#include "ycpp/types/map.h"
#include "ycpp/types/read.h"
#include "ycpp/types/roots.h"
#include "ycpp/types/search_markers.h"
#include "ycpp/types/text.h"
#include "ycpp/types/type_system.h"
#include "ycpp/types/value.h"
#include "ycpp/types/xml.h"

#include <utility>

namespace ycpp {

namespace {

template <class Handle>
std::optional<Handle> handle_if(const SharedType& type, bool matches) {
  if (!matches) return std::nullopt;
  return Handle(type.doc(), type.index());
}

// Finds or creates a root and gives it a kind. What was in it under no kind stays.
TypeIndex typed_root(Doc& doc, std::string_view name, TypeKind kind) {
  BlockStore& store = doc.store();
  const TypeIndex type = store.root(name);
  TypeNode& node = store.types[type];
  if (node.kind == TypeKind::Untyped) {
    node.kind = kind;
    // Yjs puts a new text object in its place, which has seen no format yet.
    node.has_formatting = false;
    node.markers.reset();
    (void)TypeSystem::of(doc);
  }
  // One name is one type in the whole application: another kind is a mistake of the program.
  RUNNEL_CHECK(node.kind == kind);
  return type;
}

}  // namespace

TypeKind SharedType::kind() const noexcept { return doc_->store().types[type_].kind; }

bool SharedType::is_root() const noexcept { return doc_->store().types[type_].item == kNone; }

bool SharedType::is_deleted() const noexcept {
  const BlockStore& store = doc_->store();
  const BlockIndex item = store.types[type_].item;
  return store.types[type_].is_gone || (item != kNone && edit::is_deleted(store, item));
}

std::string SharedType::root_name() const {
  const BlockStore& store = doc_->store();
  if (!is_root()) return {};
  return std::string(store.names.text(store.types[type_].name));
}

std::optional<Id> SharedType::item_id() const {
  const BlockStore& store = doc_->store();
  const BlockIndex item = store.types[type_].item;
  if (item == kNone) return std::nullopt;
  return store.global(store.blocks.id(item));
}

std::optional<SharedType> SharedType::parent() const {
  const BlockStore& store = doc_->store();
  const BlockIndex item = store.types[type_].item;
  if (item == kNone) return std::nullopt;
  return SharedType(*doc_, store.parent_type(item));
}

std::optional<Text> SharedType::as_text() const {
  return handle_if<Text>(*this, kind() == TypeKind::Text || kind() == TypeKind::XmlText);
}

std::optional<Array> SharedType::as_array() const {
  return handle_if<Array>(*this, kind() == TypeKind::Array);
}

std::optional<Map> SharedType::as_map() const {
  return handle_if<Map>(*this, kind() == TypeKind::Map || kind() == TypeKind::XmlHook);
}

std::optional<XmlFragment> SharedType::as_xml_fragment() const {
  return handle_if<XmlFragment>(*this,
                                kind() == TypeKind::XmlFragment || kind() == TypeKind::XmlElement);
}

std::optional<XmlElement> SharedType::as_xml_element() const {
  return handle_if<XmlElement>(*this, kind() == TypeKind::XmlElement);
}

std::optional<XmlText> SharedType::as_xml_text() const {
  return handle_if<XmlText>(*this, kind() == TypeKind::XmlText);
}

std::optional<XmlHook> SharedType::as_xml_hook() const {
  return handle_if<XmlHook>(*this, kind() == TypeKind::XmlHook);
}

Any SharedType::to_json() const { return edit::type_to_json(*doc_, type_); }

NewType SharedType::clone() const { return edit::clone_type(*doc_, type_); }

ObserverId SharedType::observe(EventHandler handler) const {
  return TypeSystem::of(*doc_).add_observer(type_, std::move(handler));
}

ObserverId SharedType::observe_deep(DeepEventHandler handler) const {
  return TypeSystem::of(*doc_).add_deep_observer(type_, std::move(handler));
}

void SharedType::unobserve(ObserverId id) const {
  TypeSystem::of(*doc_).remove_observer(type_, id);
}

std::string_view Value::as_string() const noexcept {
  const Any* any = as_any();
  const std::string* text = any == nullptr ? nullptr : any->as_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

Text Doc::get_text(std::string_view name) {
  return {*this, typed_root(*this, name, TypeKind::Text)};
}

Array Doc::get_array(std::string_view name) {
  return {*this, typed_root(*this, name, TypeKind::Array)};
}

Map Doc::get_map(std::string_view name) { return {*this, typed_root(*this, name, TypeKind::Map)}; }

XmlFragment Doc::get_xml_fragment(std::string_view name) {
  return {*this, typed_root(*this, name, TypeKind::XmlFragment)};
}

XmlElement Doc::get_xml_element(std::string_view name) {
  return {*this, typed_root(*this, name, TypeKind::XmlElement)};
}

XmlText get_xml_text(Doc& doc, std::string_view name) {
  return {doc, typed_root(doc, name, TypeKind::XmlText)};
}

std::optional<SharedType> find_root(Doc& doc, std::string_view name) {
  const TypeIndex type = doc.store().find_root(name);
  if (type == kNone) return std::nullopt;
  return SharedType(doc, type);
}

std::optional<SharedType> find_type(Doc& doc, Id item) {
  const BlockStore& store = doc.store();
  const ClientIndex client = store.find_client(item.client);
  if (client == kNone || item.clock >= store.clients[client].state) return std::nullopt;
  const BlockIndex block = store.find({client, item.clock});
  if (store.blocks[block].kind != BlockKind::Type) return std::nullopt;
  return SharedType(doc, store.type_of(block));
}

Any to_json(Doc& doc) {
  std::vector<AnyObject::Member> members;
  for (const TypeIndex root : doc.store().roots) {
    members.emplace_back(doc.store().names.text(doc.store().types[root].name),
                         edit::type_to_json(doc, root));
  }
  return AnyObject(std::move(members));
}

}  // namespace ycpp
