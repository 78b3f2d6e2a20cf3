#include "ycpp/types/content.h"

namespace ycpp {

namespace {

NewType of_kind(TypeKind kind) {
  NewType type;
  type.kind = kind;
  return type;
}

std::vector<DeltaInput> as_delta(std::string text) {
  std::vector<DeltaInput> delta;
  if (!text.empty()) delta.push_back(insert_op(Content(std::move(text))));
  return delta;
}

}  // namespace

Content::Content(NewType type) : value_(std::make_shared<const NewType>(std::move(type))) {}

DeltaInput insert_op(Content content) {
  DeltaInput op;
  op.insert = std::move(content);
  return op;
}

DeltaInput insert_op(Content content, AnyObject attributes) {
  DeltaInput op = insert_op(std::move(content));
  op.attributes = std::move(attributes);
  return op;
}

DeltaInput retain_op(std::uint64_t length) {
  DeltaInput op;
  op.retain = length;
  return op;
}

DeltaInput retain_op(std::uint64_t length, AnyObject attributes) {
  DeltaInput op = retain_op(length);
  op.attributes = std::move(attributes);
  return op;
}

DeltaInput remove_op(std::uint64_t length) {
  DeltaInput op;
  op.remove = length;
  return op;
}

NewType new_array(std::vector<Content> items) {
  NewType type = of_kind(TypeKind::Array);
  type.items = std::move(items);
  return type;
}

NewType new_map(std::vector<std::pair<std::string, Content>> entries) {
  NewType type = of_kind(TypeKind::Map);
  type.entries = std::move(entries);
  return type;
}

NewType new_text(std::string text) { return new_text(as_delta(std::move(text))); }

NewType new_text(std::vector<DeltaInput> delta) {
  NewType type = of_kind(TypeKind::Text);
  type.delta = std::move(delta);
  return type;
}

NewType new_xml_fragment(std::vector<Content> children) {
  NewType type = of_kind(TypeKind::XmlFragment);
  type.items = std::move(children);
  return type;
}

NewType new_xml_element(std::string node_name,
                        std::vector<std::pair<std::string, Content>> attributes,
                        std::vector<Content> children) {
  NewType type = of_kind(TypeKind::XmlElement);
  type.name = std::move(node_name);
  type.entries = std::move(attributes);
  type.items = std::move(children);
  return type;
}

NewType new_xml_text(std::string text) { return new_xml_text(as_delta(std::move(text))); }

NewType new_xml_text(std::vector<DeltaInput> delta) {
  NewType type = of_kind(TypeKind::XmlText);
  type.delta = std::move(delta);
  return type;
}

NewType new_xml_hook(std::string hook_name, std::vector<std::pair<std::string, Content>> entries) {
  NewType type = of_kind(TypeKind::XmlHook);
  type.name = std::move(hook_name);
  type.entries = std::move(entries);
  return type;
}

}  // namespace ycpp
