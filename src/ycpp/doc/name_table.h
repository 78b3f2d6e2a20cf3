// NameTable: every root name, map key and element name of a document, once.
#pragma once

#include "ycpp/doc/block.h"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ycpp {

class NameTable {
 public:
  NameTable() = default;
  NameTable(const NameTable&) = delete;
  NameTable& operator=(const NameTable&) = delete;
  NameTable(NameTable&&) = delete;
  NameTable& operator=(NameTable&&) = delete;
  ~NameTable() = default;

  NameIndex intern(std::string_view name);

  // kNone for a name that was never seen.
  [[nodiscard]] NameIndex find(std::string_view name) const;

  // Valid for the life of the table.
  [[nodiscard]] std::string_view text(NameIndex index) const noexcept { return names_[index]; }

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, NameIndex> index_;
  std::size_t text_bytes_{0};
};

}  // namespace ycpp
