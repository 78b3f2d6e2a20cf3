// Attributes of text while it is walked: what Yjs keeps in a Map, with the two ways in which
// JavaScript compares values.
#pragma once

#include "ycpp/encoding/any.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ycpp::edit {

// A value of a format. Yjs compares objects inside objects by identity, so an object remembers the
// format it came from.
struct AttributeValue {
  Any value;
  std::optional<Id> source;  // the first unit that carried this very object
};

// Yjs's equalAttrs: equal, or objects (arrays) whose members are equal. Objects within them are
// equal only when both sides are the same object.
[[nodiscard]] bool equal_attributes(const AttributeValue& a, const AttributeValue& b) noexcept;

// Whether a value is an object or array, which JavaScript compares by identity.
[[nodiscard]] bool has_identity(const Any& value) noexcept;

// Keys and values in the order of insertion, as a Map of JavaScript.
class AttributeMap {
 public:
  struct Entry {
    std::string key;
    AttributeValue value;
  };

  AttributeMap() = default;
  explicit AttributeMap(const AnyObject& object);

  // Null for a key that is not there.
  [[nodiscard]] const AttributeValue* find(std::string_view key) const noexcept;
  [[nodiscard]] AttributeValue* find(std::string_view key) noexcept;

  // A key that is there keeps its place.
  void set(std::string_view key, AttributeValue value);
  void erase(std::string_view key) noexcept;

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

  [[nodiscard]] std::vector<Entry>& entries() noexcept { return entries_; }

  // As a JavaScript object would list them: array indices first.
  [[nodiscard]] AnyObject to_object() const;

  // Keys in the order of a JavaScript object.
  [[nodiscard]] std::vector<std::string> object_keys() const;

 private:
  std::vector<Entry> entries_;
};

// Yjs's updateCurrentAttributes: null takes the key away.
void update_current(AttributeMap& current, std::string_view key, const AttributeValue& value);

// The value of `key`, null where there is none.
[[nodiscard]] AttributeValue value_or_null(const AttributeMap& attributes, std::string_view key);

}  // namespace ycpp::edit
