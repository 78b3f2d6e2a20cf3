#include "ycpp/doc/name_table.h"

namespace ycpp {

NameIndex NameTable::intern(std::string_view name) {
  const auto known = index_.find(name);
  if (known != index_.end()) return known->second;
  const auto index = static_cast<NameIndex>(names_.size());
  names_.emplace_back(name);
  text_bytes_ += name.size();
  index_.emplace(names_.back(), index);
  return index;
}

NameIndex NameTable::find(std::string_view name) const {
  const auto known = index_.find(name);
  return known == index_.end() ? kNone : known->second;
}

std::size_t NameTable::memory_bytes() const noexcept {
  constexpr std::size_t kNodeBytes = 64;  // a string, a hash node and its bucket, roughly
  return text_bytes_ + names_.size() * kNodeBytes;
}

}  // namespace ycpp
