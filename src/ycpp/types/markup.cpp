// XML as markup, and JavaScript's conversion of values to strings that it is full of.
#include "base/check.h"
#include "ycpp/doc/block_store.h"
#include "ycpp/doc/doc.h"
#include "ycpp/encoding/json.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/types/case_runs.h"
#include "ycpp/types/read.h"
#include "ycpp/types/text_delta.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace ycpp::edit {

namespace {

struct NamedValue {
  std::string name;
  std::string value;
};

char32_t map_case(std::span<const CaseRun> runs, char32_t character) {
  for (const CaseRun& run : runs) {
    if (run.first > character) break;
    if (character <= run.last && (character - run.first) % run.step == 0) {
      return static_cast<char32_t>(static_cast<std::int32_t>(character) + run.difference);
    }
  }
  return character;
}

// `text` is UTF-8 or WTF-8.
template <class Visit>
void for_each_character(std::string_view text, const Visit& visit) {
  constexpr unsigned kLead[] = {0x7F, 0x1F, 0x0F, 0x07};
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    char32_t character = lead & kLead[more];
    for (std::size_t i = 1; i <= more && at + i < text.size(); ++i) {
      character = (character << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    visit(character);
    at += more + 1;
  }
}

std::string change_case(std::string_view text, std::span<const CaseRun> runs, char from, char to) {
  std::string result;
  for_each_character(text, [&](char32_t character) {
    const bool is_letter = character >= static_cast<char32_t>(from) &&
                           character <= static_cast<char32_t>(from) + ('z' - 'a');
    if (is_letter) {
      result.push_back(static_cast<char>(static_cast<int>(character) - from + to));
    } else {
      append_code_point(result, character < 0x80 ? character : map_case(runs, character));
    }
  });
  return result;
}

std::string join_array(const AnyArray& array) {
  std::string text;
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) text += ',';
    if (!array[i].is_null() && !array[i].is_undefined()) text += js_string(array[i]);
  }
  return text;
}

std::string join_bytes(const Bytes& bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) text += ',';
    text += std::to_string(bytes[i]);
  }
  return text;
}

std::string number_string(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  std::string text;
  append_js_number(text, number);
  return text;
}

// What `for (key in value)` finds: members, elements, or the units of a string.
std::vector<NamedValue> own_properties(const Any& value) {
  std::vector<NamedValue> properties;
  if (const AnyObject* object = value.as_object(); object != nullptr) {
    for (const auto& [key, member] : object->members()) {
      properties.push_back({key, js_string(member)});
    }
  } else if (const AnyArray* array = value.as_array(); array != nullptr) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      properties.push_back({std::to_string(i), js_string((*array)[i])});
    }
  } else if (const Bytes* bytes = value.as_bytes(); bytes != nullptr) {
    for (std::size_t i = 0; i < bytes->size(); ++i) {
      properties.push_back({std::to_string(i), std::to_string((*bytes)[i])});
    }
  } else if (const std::string* text = value.as_string(); text != nullptr) {
    const std::uint64_t length = utf16_length(*text);
    for (std::uint64_t i = 0; i < length; ++i) {
      properties.push_back({std::to_string(i), slice_utf16(*text, i, i + 1)});
    }
  }
  return properties;
}

void sort_by_name(std::vector<NamedValue>& values) {
  std::ranges::sort(
      values, [](const NamedValue& a, const NamedValue& b) { return utf16_less(a.name, b.name); });
}

void append_xml(Doc& doc, TypeIndex type, std::size_t depth, std::string& out);

void append_value(Doc& doc, const Value& value, std::size_t depth, std::string& out) {
  if (const SharedType* type = value.as_type(); type != nullptr) {
    append_xml(doc, type->index(), depth, out);
  } else if (const Any* any = value.as_any(); any != nullptr) {
    append_wtf8(out, js_string(*any));
  } else {
    out += "[object Object]";
  }
}

void append_children(Doc& doc, TypeIndex type, std::size_t depth, std::string& out) {
  for_each_unit(doc, type, [&](const Value& value) {
    append_value(doc, value, depth + 1, out);
    return true;
  });
}

void append_element(Doc& doc, TypeIndex type, std::size_t depth, std::string& out) {
  const BlockStore& store = doc.store();
  const TypeNode& node = store.types[type];
  const std::string name = node.item == kNone || node.name == kNone
                               ? "undefined"
                               : lower_case(store.names.text(node.name));
  std::vector<NamedValue> attributes;
  for (const auto& [key, value] : live_entries(doc, type)) {
    NamedValue& attribute = attributes.emplace_back();
    attribute.name = key;
    append_value(doc, value, depth + 1, attribute.value);
  }
  sort_by_name(attributes);
  out += '<' + name;
  for (const NamedValue& attribute : attributes) {
    out += ' ' + attribute.name + "=\"" + attribute.value + '"';
  }
  out += '>';
  append_children(doc, type, depth, out);
  out += "</" + name + '>';
}

// Attributes of a text become elements around it, by name.
void append_xml_text(Doc& doc, TypeIndex type, std::size_t depth, std::string& out) {
  for (const DeltaOp& op : text_delta(doc, type, {})) {
    std::vector<NamedValue> nodes;
    const AnyObject attributes = op.attributes.value_or(AnyObject());
    for (const auto& [name, value] : attributes.members()) {
      std::vector<NamedValue> properties = own_properties(value);
      sort_by_name(properties);
      std::string markup;
      for (const NamedValue& property : properties) {
        markup += ' ' + property.name + "=\"" + property.value + '"';
      }
      nodes.push_back({name, std::move(markup)});
    }
    sort_by_name(nodes);
    for (const NamedValue& node : nodes) out += '<' + node.name + node.value + '>';
    RUNNEL_CHECK(op.insert.has_value());  // a text as a delta has nothing else
    append_value(doc, *op.insert, depth + 1, out);
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) out += "</" + node->name + '>';
  }
}

// Types inside types are as deep as a peer makes them; below kAnyDepthMax nothing is shown.
void append_xml(Doc& doc, TypeIndex type, std::size_t depth, std::string& out) {
  if (depth > kAnyDepthMax) return;
  switch (doc.store().types[type].kind) {
    case TypeKind::XmlElement:
      append_element(doc, type, depth, out);
      return;
    case TypeKind::XmlFragment:
      append_children(doc, type, depth, out);
      return;
    case TypeKind::XmlText:
      append_xml_text(doc, type, depth, out);
      return;
    case TypeKind::Text:
      append_wtf8(out, plain_text(doc.store(), type));
      return;
    case TypeKind::Array:
    case TypeKind::Map:
    case TypeKind::XmlHook:
    case TypeKind::Untyped:
      out += "[object Object]";
      return;
  }
}

}  // namespace

std::string xml_string(Doc& doc, TypeIndex type) {
  std::string text;
  append_xml(doc, type, 0, text);
  return text;
}

std::string js_string(const Any& value) {
  if (const bool* flag = value.as_bool(); flag != nullptr) return *flag ? "true" : "false";
  if (const double* number = value.as_number(); number != nullptr) return number_string(*number);
  if (const BigInt* number = value.as_bigint(); number != nullptr) {
    return std::to_string(number->value);
  }
  if (const std::string* text = value.as_string(); text != nullptr) return *text;
  if (const AnyArray* array = value.as_array(); array != nullptr) return join_array(*array);
  if (const Bytes* bytes = value.as_bytes(); bytes != nullptr) return join_bytes(*bytes);
  if (value.is_null()) return "null";
  return value.is_undefined() ? "undefined" : "[object Object]";
}

// A surrogate (from U+10000 on) sorts before U+E000, unlike its code point.
bool utf16_less(std::string_view a, std::string_view b) noexcept {
  const auto [x, y] = std::ranges::mismatch(a, b);
  if (y == b.end()) return false;
  if (x == a.end()) return true;
  const auto left = static_cast<unsigned char>(*x);
  const auto right = static_cast<unsigned char>(*y);
  const auto rank = [](unsigned char byte) {
    return byte >= 0xF0 ? 0xED + 0x01 : byte >= 0xEE ? byte + 0x10 : byte;
  };
  if (rank(left) != rank(right)) return rank(left) < rank(right);
  return left < right;
}

std::string lower_case(std::string_view text) { return change_case(text, kLowerRuns, 'A', 'a'); }

std::string upper_case(std::string_view text) { return change_case(text, kUpperRuns, 'a', 'A'); }

}  // namespace ycpp::edit
