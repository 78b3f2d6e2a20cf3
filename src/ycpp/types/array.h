// Array: a sequence of values, bytes, shared types and subdocuments.
#pragma once

#include "ycpp/types/value.h"

#include <functional>
#include <optional>
#include <vector>

namespace ycpp {

class Array : public SharedType {
 public:
  using SharedType::SharedType;

  [[nodiscard]] std::uint64_t length() const noexcept;

  // Inserts in front of the element at `index`. Invalid if that is beyond the length.
  Result<void> insert(std::uint64_t index, const std::vector<Content>& items) const;
  void push(const std::vector<Content>& items) const;
  void unshift(const std::vector<Content>& items) const;

  // Deletes elements (Yjs: delete). Invalid if there are not so many; nothing is deleted then.
  Result<void> remove(std::uint64_t index, std::uint64_t length = 1) const;

  // Nothing beyond the length.
  [[nodiscard]] std::optional<Value> get(std::uint64_t index) const;
  [[nodiscard]] std::vector<Value> to_array() const;

  // Elements [start, end); negative ones count from the end.
  [[nodiscard]] std::vector<Value> slice(std::int64_t start, std::int64_t end) const;

  // The visitor may edit the document: it sees the elements as they were when their block was
  // reached, and blocks that are inserted behind it.
  void for_each(const std::function<void(const Value&, std::uint64_t index)>& visit) const;
};

}  // namespace ycpp
