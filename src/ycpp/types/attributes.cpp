#include "ycpp/types/attributes.h"

#include <algorithm>
#include <utility>

namespace ycpp::edit {

namespace {

// JavaScript's === of two values that are not the same object.
bool strictly_equal(const Any& a, const Any& b) noexcept {
  if (has_identity(a) || has_identity(b)) return false;
  if (const double* number = a.as_number(); number != nullptr) {
    const double* other = b.as_number();
    return other != nullptr && *number == *other;
  }
  return a == b;
}

bool equal_flat_arrays(const AnyArray& a, const AnyArray& b) noexcept {
  return std::ranges::equal(a, b, strictly_equal);
}

bool equal_flat_objects(const AnyObject& a, const AnyObject& b) noexcept {
  if (a.size() != b.size()) return false;
  return std::ranges::all_of(a.members(), [&](const AnyObject::Member& member) {
    const Any* other = b.find(member.first);
    return other != nullptr && strictly_equal(*other, member.second);
  });
}

// An array and an object compare by their keys, so only empty ones of different kinds are equal.
bool equal_flat(const Any& a, const Any& b) noexcept {
  if (a.as_array() != nullptr && b.as_array() != nullptr) {
    return equal_flat_arrays(*a.as_array(), *b.as_array());
  }
  if (a.as_object() != nullptr && b.as_object() != nullptr) {
    return equal_flat_objects(*a.as_object(), *b.as_object());
  }
  if (a.as_bytes() != nullptr && b.as_bytes() != nullptr) return *a.as_bytes() == *b.as_bytes();
  const auto is_empty = [](const Any& value) {
    if (value.as_array() != nullptr) return value.as_array()->empty();
    return value.as_object() != nullptr && value.as_object()->size() == 0;
  };
  return is_empty(a) && is_empty(b);
}

}  // namespace

bool has_identity(const Any& value) noexcept {
  return value.as_object() != nullptr || value.as_array() != nullptr || value.as_bytes() != nullptr;
}

bool equal_attributes(const AttributeValue& a, const AttributeValue& b) noexcept {
  if (!has_identity(a.value) || !has_identity(b.value)) return strictly_equal(a.value, b.value);
  if (a.source.has_value() && a.source == b.source) return true;
  return equal_flat(a.value, b.value);
}

AttributeMap::AttributeMap(const AnyObject& object) {
  entries_.reserve(object.size());
  for (const auto& [key, value] : object.members()) entries_.push_back({key, {value, {}}});
}

const AttributeValue* AttributeMap::find(std::string_view key) const noexcept {
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  return found == entries_.end() ? nullptr : &found->value;
}

AttributeValue* AttributeMap::find(std::string_view key) noexcept {
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  return found == entries_.end() ? nullptr : &found->value;
}

void AttributeMap::set(std::string_view key, AttributeValue value) {
  if (AttributeValue* existing = find(key); existing != nullptr) {
    *existing = std::move(value);
    return;
  }
  entries_.push_back({std::string(key), std::move(value)});
}

void AttributeMap::erase(std::string_view key) noexcept {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; });
}

AnyObject AttributeMap::to_object() const {
  std::vector<AnyObject::Member> members;
  members.reserve(entries_.size());
  for (const Entry& entry : entries_) members.emplace_back(entry.key, entry.value.value);
  return AnyObject(std::move(members));
}

std::vector<std::string> AttributeMap::object_keys() const {
  std::vector<AnyObject::Member> members;
  members.reserve(entries_.size());
  for (const Entry& entry : entries_) members.emplace_back(entry.key, Any());
  const AnyObject ordered(std::move(members));
  std::vector<std::string> keys;
  keys.reserve(ordered.size());
  for (const auto& member : ordered.members()) keys.push_back(member.first);
  return keys;
}

void update_current(AttributeMap& current, std::string_view key, const AttributeValue& value) {
  if (value.value.is_null()) {
    current.erase(key);
  } else {
    current.set(key, value);
  }
}

AttributeValue value_or_null(const AttributeMap& attributes, std::string_view key) {
  const AttributeValue* found = attributes.find(key);
  // `?? null` of JavaScript: undefined is null too.
  if (found == nullptr || found->value.is_undefined()) return {Any(nullptr), {}};
  return *found;
}

}  // namespace ycpp::edit
