// What arrays and XML have in common. Engine internal.
#pragma once

#include "ycpp/types/read.h"
#include "ycpp/types/value.h"

#include <optional>
#include <vector>

namespace ycpp::edit {

[[nodiscard]] std::uint64_t list_length(const SharedType& list) noexcept;
Result<void> list_insert(const SharedType& list, std::uint64_t index,
                         const std::vector<Content>& items);
void list_push(const SharedType& list, const std::vector<Content>& items);
Result<void> list_remove(const SharedType& list, std::uint64_t index, std::uint64_t length);
[[nodiscard]] std::optional<Value> list_get(const SharedType& list, std::uint64_t index);
[[nodiscard]] std::vector<Value> list_values(const SharedType& list);
[[nodiscard]] std::vector<Value> list_slice(const SharedType& list, std::int64_t start,
                                            std::int64_t end);

}  // namespace ycpp::edit
