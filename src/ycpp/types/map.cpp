#include "ycpp/types/map.h"

#include "ycpp/doc/doc.h"
#include "ycpp/types/map_edit.h"
#include "ycpp/types/read.h"
#include "ycpp/types/type_system.h"
#include "ycpp/types/well_formed.h"

namespace ycpp {

void Map::set(std::string_view key, const Content& value) const {
  edit::with_edit(
      *doc_, [&](edit::Edit& edit) { edit::set_key(edit, type_, edit::well_formed(key), value); });
}

void Map::remove(std::string_view key) const {
  edit::with_edit(*doc_, [&](edit::Edit& edit) { edit::delete_key(edit, type_, key); });
}

void Map::clear() const {
  edit::with_edit(*doc_, [&](edit::Edit& edit) { edit::clear_keys(edit, type_); });
}

std::optional<Value> Map::get(std::string_view key) const {
  const BlockIndex block = edit::find_key(doc_->store(), type_, key);
  if (block == kNone) return std::nullopt;
  return edit::last_value(*doc_, block);
}

bool Map::has(std::string_view key) const {
  return edit::find_key(doc_->store(), type_, key) != kNone;
}

std::size_t Map::size() const { return entries().size(); }

std::vector<std::string> Map::keys() const {
  std::vector<std::string> keys;
  for (auto& entry : entries()) keys.push_back(entry.first);
  return keys;
}

std::vector<Value> Map::values() const {
  std::vector<Value> values;
  for (auto& entry : entries()) values.push_back(entry.second);
  return values;
}

std::vector<std::pair<std::string, Value>> Map::entries() const {
  return edit::live_entries(*doc_, type_);
}

void Map::for_each(const std::function<void(const Value&, const std::string& key)>& visit) const {
  for (const auto& [key, value] : entries()) visit(value, key);
}

}  // namespace ycpp
