#include "operations.h"

#include "base/check.h"

#include <memory>

namespace ycpp::conformance {

namespace {

Content content_of(const Any& described);

AnyObject attributes_of(const AnyArray& pairs) {
  AnyObject attributes;
  for (const Any& pair : pairs) {
    attributes.set(*pair.as_array()->at(0).as_string(), pair.as_array()->at(1));
  }
  return attributes;
}

std::optional<AnyObject> optional_attributes(const Any& operation) {
  if (!has_field(operation, "attributes")) return std::nullopt;
  return attributes_of(array_field(operation, "attributes"));
}

std::vector<Content> contents_of(const AnyArray& described) {
  std::vector<Content> contents;
  for (const Any& one : described) contents.push_back(content_of(one));
  return contents;
}

std::vector<DeltaInput> delta_of(const AnyArray& described) {
  std::vector<DeltaInput> delta;
  for (const Any& op : described) {
    DeltaInput& made = delta.emplace_back();
    if (has_field(op, "insert")) made.insert = content_of(field(op, "insert"));
    if (has_field(op, "retain")) made.retain = number_field(op, "retain");
    if (has_field(op, "delete")) made.remove = number_field(op, "delete");
    made.attributes = optional_attributes(op);
  }
  return delta;
}

TypeKind kind_of(std::string_view name) {
  if (name == "Array") return TypeKind::Array;
  if (name == "Map") return TypeKind::Map;
  if (name == "Text") return TypeKind::Text;
  if (name == "XmlElement") return TypeKind::XmlElement;
  if (name == "XmlFragment") return TypeKind::XmlFragment;
  if (name == "XmlHook") return TypeKind::XmlHook;
  RUNNEL_CHECK(name == "XmlText");
  return TypeKind::XmlText;
}

NewType type_of(const Any& described) {
  NewType type;
  type.kind = kind_of(string_field(described, "t"));
  if (has_field(described, "name")) type.name = string_field(described, "name");
  if (has_field(described, "items")) type.items = contents_of(array_field(described, "items"));
  if (has_field(described, "entries")) {
    for (const Any& pair : array_field(described, "entries")) {
      type.entries.emplace_back(*pair.as_array()->at(0).as_string(),
                                content_of(pair.as_array()->at(1)));
    }
  }
  if (has_field(described, "text")) {
    type.delta.push_back(insert_op(Content(string_field(described, "text"))));
  }
  if (has_field(described, "delta")) type.delta = delta_of(array_field(described, "delta"));
  return type;
}

NewSubdocument subdocument_of(const Any& described) {
  NewSubdocument document;
  document.guid = string_field(described, "guid");
  document.gc = bool_field(described, "gc");
  document.auto_load = bool_field(described, "autoLoad");
  document.should_load = bool_field(described, "shouldLoad");
  document.meta = field(described, "meta");
  return document;
}

Content content_of(const Any& described) {
  if (has_field(described, "t")) return type_of(described);
  if (has_field(described, "b")) return field(described, "b");
  if (has_field(described, "d")) return subdocument_of(field(described, "d"));
  return field(described, "v");
}

Result<void> edit_text(const Text& text, std::string_view name, const Any& operation) {
  const std::optional<AnyObject> attributes = optional_attributes(operation);
  if (name == "delta") {
    text.apply_delta(delta_of(array_field(operation, "delta")), bool_field(operation, "sanitize"));
    return {};
  }
  const std::uint64_t at = number_field(operation, "at");
  if (name == "insert") {
    const std::string& inserted = string_field(operation, "text");
    if (attributes.has_value()) {
      text.insert(at, inserted, *attributes);
    } else {
      text.insert(at, inserted);
    }
  } else if (name == "delete") {
    text.delete_text(at, number_field(operation, "length"));
  } else if (name == "format") {
    RUNNEL_CHECK(attributes.has_value());
    text.format(at, number_field(operation, "length"), *attributes);
  } else {
    RUNNEL_CHECK(name == "embed");
    const Content content = content_of(field(operation, "content"));
    if (attributes.has_value()) {
      text.insert_embed(at, content, *attributes);
    } else {
      text.insert_embed(at, content);
    }
  }
  return {};
}

template <class List>
Result<void> edit_list(const List& list, std::string_view name, const Any& operation) {
  if (name == "delete") {
    return list.remove(number_field(operation, "at"), number_field(operation, "length"));
  }
  const std::vector<Content> items = contents_of(array_field(operation, "items"));
  if (name == "insert") return list.insert(number_field(operation, "at"), items);
  RUNNEL_CHECK(name == "push");
  list.push(items);
  return {};
}

Result<void> edit_map(const Map& map, std::string_view name, const Any& operation) {
  if (name == "set") {
    map.set(string_field(operation, "key"), content_of(field(operation, "value")));
  } else if (name == "delete_key") {
    map.remove(string_field(operation, "key"));
  } else {
    RUNNEL_CHECK(name == "clear");
    map.clear();
  }
  return {};
}

template <class Attributed>
void edit_attribute(const Attributed& type, std::string_view name, const Any& operation) {
  const std::string& key = string_field(operation, "key");
  if (name == "set_attribute") {
    type.set_attribute(key, content_of(field(operation, "value")));
  } else {
    type.remove_attribute(key);
  }
}

void insert_copy(const SharedType& target, const Any& operation, const NewType& copy) {
  if (const auto map = target.as_map(); map.has_value()) {
    map->set(string_field(operation, "key"), copy);
    return;
  }
  const std::uint64_t at = number_field(operation, "at");
  if (const auto text = target.as_text(); text.has_value()) return text->insert_embed(at, copy);
  Result<void> done = runnel::fail(Errc::Invalid, "neither a map nor a list");
  if (const auto array = target.as_array(); array.has_value()) done = array->insert(at, {copy});
  if (const auto xml = target.as_xml_fragment(); xml.has_value()) done = xml->insert(at, {copy});
  RUNNEL_CHECK(done.has_value());
}

}  // namespace

const Any& field(const Any& object, std::string_view name) {
  const Any* found = object.as_object() == nullptr ? nullptr : object.as_object()->find(name);
  if (found != nullptr) return *found;
  // Never destroyed, so that no order of destruction matters.
  static const Any& undefined = *std::make_unique<Any>().release();
  return undefined;
}

bool has_field(const Any& object, std::string_view name) {
  return object.as_object() != nullptr && object.as_object()->find(name) != nullptr &&
         !(name != "v" && field(object, name).is_undefined());
}

std::uint64_t number_field(const Any& object, std::string_view name) {
  const double* number = field(object, name).as_number();
  RUNNEL_CHECK(number != nullptr);
  return static_cast<std::uint64_t>(*number);
}

const std::string& string_field(const Any& object, std::string_view name) {
  const std::string* text = field(object, name).as_string();
  RUNNEL_CHECK(text != nullptr);
  return *text;
}

const AnyArray& array_field(const Any& object, std::string_view name) {
  const AnyArray* array = field(object, name).as_array();
  RUNNEL_CHECK(array != nullptr);
  return *array;
}

const Bytes& bytes_field(const Any& object, std::string_view name) {
  const Bytes* bytes = field(object, name).as_bytes();
  RUNNEL_CHECK(bytes != nullptr);
  return *bytes;
}

bool bool_field(const Any& object, std::string_view name) {
  const bool* flag = field(object, name).as_bool();
  return flag != nullptr && *flag;
}

SharedType type_at(Doc& doc, const Any& reference) {
  const std::optional<SharedType> type =
      has_field(reference, "root") ? find_root(doc, string_field(reference, "root"))
                                   : find_type(doc, {ClientId{number_field(reference, "client")},
                                                     number_field(reference, "clock")});
  RUNNEL_CHECK(type.has_value());
  return *type;
}

Result<void> apply_operation(Doc& doc, const Any& operation) {
  const SharedType type = type_at(doc, field(operation, "on"));
  const std::string& name = string_field(operation, "op");
  if (name == "copy") {
    insert_copy(type, operation, type_at(doc, field(operation, "source")).clone());
    return {};
  }
  if (name == "set_attribute" || name == "remove_attribute") {
    if (const auto element = type.as_xml_element(); element.has_value()) {
      edit_attribute(*element, name, operation);
    } else {
      const auto text = type.as_text();
      RUNNEL_CHECK(text.has_value());
      edit_attribute(*text, name, operation);
    }
    return {};
  }
  if (const auto text = type.as_text(); text.has_value()) return edit_text(*text, name, operation);
  if (const auto map = type.as_map(); map.has_value()) return edit_map(*map, name, operation);
  if (const auto array = type.as_array(); array.has_value()) {
    return edit_list(*array, name, operation);
  }
  const auto fragment = type.as_xml_fragment();
  RUNNEL_CHECK(fragment.has_value());
  if (name != "insert_after") return edit_list(*fragment, name, operation);
  return fragment->insert_after(type_at(doc, field(operation, "after")),
                                contents_of(array_field(operation, "items")));
}

}  // namespace ycpp::conformance
