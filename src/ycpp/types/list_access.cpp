#include "ycpp/types/list_access.h"

#include "ycpp/doc/doc.h"
#include "ycpp/types/list_edit.h"
#include "ycpp/types/type_system.h"

#include <algorithm>
#include <string>

namespace ycpp::edit {

namespace {

std::unexpected<Error> beyond_end(const char* doing, std::uint64_t index, std::uint64_t length) {
  return runnel::fail(Errc::Invalid, std::string(doing) + " at index " + std::to_string(index) +
                                         " of a list of length " + std::to_string(length));
}

}  // namespace

std::uint64_t list_length(const SharedType& list) noexcept {
  return list.doc().store().types[list.index()].length;
}

Result<void> list_insert(const SharedType& list, std::uint64_t index,
                         const std::vector<Content>& items) {
  const std::uint64_t length = list_length(list);
  if (index > length) return beyond_end("inserting", index, length);
  with_edit(list.doc(), [&](Edit& edit) { insert_at(edit, list.index(), index, items); });
  return {};
}

void list_push(const SharedType& list, const std::vector<Content>& items) {
  with_edit(list.doc(), [&](Edit& edit) { push_back(edit, list.index(), items); });
}

Result<void> list_remove(const SharedType& list, std::uint64_t index, std::uint64_t length) {
  const std::uint64_t present = list_length(list);
  if (index > present || length > present - index) return beyond_end("deleting", index, present);
  if (length == 0) return {};
  with_edit(list.doc(), [&](Edit& edit) { delete_range(edit, list.index(), index, length); });
  return {};
}

std::optional<Value> list_get(const SharedType& list, std::uint64_t index) {
  const UnitPlace place = find_unit(list.doc().store(), list.index(), index);
  if (place.block == kNone) return std::nullopt;
  return unit_value(list.doc(), place.block, place.offset);
}

std::vector<Value> list_values(const SharedType& list) {
  std::vector<Value> values;
  for_each_unit(list.doc(), list.index(), [&](const Value& value) {
    values.push_back(value);
    return true;
  });
  return values;
}

std::vector<Value> list_slice(const SharedType& list, std::int64_t start, std::int64_t end) {
  const auto length = static_cast<std::int64_t>(list_length(list));
  if (start < 0) start += length;
  if (end < 0) end += length;
  start = std::max<std::int64_t>(start, 0);
  std::vector<Value> values;
  std::int64_t index = 0;
  for_each_unit(list.doc(), list.index(), [&](const Value& value) {
    if (index >= end) return false;
    if (index++ >= start) values.push_back(value);
    return true;
  });
  return values;
}

}  // namespace ycpp::edit
