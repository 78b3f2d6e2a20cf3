// Map: keys and their values. Of concurrent changes of one key the one that integrates last to the
// right wins, the same in every replica.
#pragma once

#include "ycpp/types/value.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ycpp {

class Map : public SharedType {
 public:
  using SharedType::SharedType;

  void set(std::string_view key, const Content& value) const;

  // Deletes a key (Yjs: delete). No effect if it is not there.
  void remove(std::string_view key) const;
  void clear() const;

  [[nodiscard]] std::optional<Value> get(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const;

  // Keys that have a value. O(keys that were ever set).
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::vector<std::string> keys() const;
  [[nodiscard]] std::vector<Value> values() const;
  // In the order in which the keys were first set here, which differs between replicas.
  [[nodiscard]] std::vector<std::pair<std::string, Value>> entries() const;
  void for_each(const std::function<void(const Value&, const std::string& key)>& visit) const;
};

}  // namespace ycpp
