#include "ycpp/types/array.h"

#include "ycpp/types/list_access.h"

namespace ycpp {

std::uint64_t Array::length() const noexcept { return edit::list_length(*this); }

Result<void> Array::insert(std::uint64_t index, const std::vector<Content>& items) const {
  return edit::list_insert(*this, index, items);
}

void Array::push(const std::vector<Content>& items) const { edit::list_push(*this, items); }

void Array::unshift(const std::vector<Content>& items) const {
  // Index 0 is never beyond the length.
  (void)edit::list_insert(*this, 0, items).has_value();
}

Result<void> Array::remove(std::uint64_t index, std::uint64_t length) const {
  return edit::list_remove(*this, index, length);
}

std::optional<Value> Array::get(std::uint64_t index) const { return edit::list_get(*this, index); }

std::vector<Value> Array::to_array() const { return edit::list_values(*this); }

std::vector<Value> Array::slice(std::int64_t start, std::int64_t end) const {
  return edit::list_slice(*this, start, end);
}

void Array::for_each(const std::function<void(const Value&, std::uint64_t index)>& visit) const {
  std::uint64_t index = 0;
  edit::for_each_unit(*doc_, type_, [&](const Value& value) {
    visit(value, index++);
    return true;
  });
}

}  // namespace ycpp
