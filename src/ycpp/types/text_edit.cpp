#include "ycpp/types/text_edit.h"

#include "ycpp/encoding/utf.h"
#include "ycpp/types/search_markers.h"

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace ycpp::edit {

namespace {

// Null once a format was put into the text: Yjs keeps no places of rich text.
SearchMarkers* markers_of(Edit& edit, TypeIndex type) {
  TypeNode& node = edit.store.types[type];
  if (node.has_formatting) return nullptr;
  if (!node.markers) node.markers = std::make_unique<SearchMarkers>();
  return node.markers.get();
}

void update_markers(Edit& edit, TypeIndex type, Clock index, std::int64_t length) {
  const TypeNode& node = edit.store.types[type];
  if (node.has_formatting || !node.markers) return;
  node.markers->update(edit.store, static_cast<std::int64_t>(index), length);
}

void take_format(const Edit& edit, TextPosition& position, BlockIndex block) {
  const Format format = format_of(edit.store, edit.sources, block);
  update_current(position.current, format.key, format.value);
}

void forward(const Edit& edit, TextPosition& position) {
  const BlockIndex right = position.right;
  if (!is_deleted(edit.store, right)) {
    if (is_format(edit.store, right)) {
      take_format(edit, position, right);
    } else {
      position.index += edit.store.blocks.length(right);
    }
  }
  position.left = right;
  position.right = edit.store.blocks[right].right;
}

void find_next(Edit& edit, TextPosition& position, Clock count) {
  while (position.right != kNone && count > 0) {
    const BlockIndex right = position.right;
    if (!is_deleted(edit.store, right) && !is_format(edit.store, right)) {
      if (count < edit.store.blocks.length(right)) cut(edit, right, count);
      count -= edit.store.blocks.length(right);
    }
    forward(edit, position);
  }
}

TextPosition find_position(Edit& edit, TypeIndex type, Clock index, bool use_markers) {
  TextPosition position;
  position.right = edit.store.types[type].start;
  SearchMarkers* markers = use_markers ? markers_of(edit, type) : nullptr;
  if (markers != nullptr) {
    const auto length = static_cast<std::int64_t>(edit.store.types[type].length);
    const auto found =
        markers->find(edit.store, position.right, static_cast<std::int64_t>(index), length);
    if (found.has_value()) {
      position.left = edit.store.blocks[found->block].left;
      position.right = found->block;
      position.index = static_cast<Clock>(found->index);
      index = found->index < static_cast<std::int64_t>(index)
                  ? index - static_cast<Clock>(found->index)
                  : 0;
    }
  }
  find_next(edit, position, index);
  return position;
}

Place place_at(TypeIndex type, const TextPosition& position) {
  return {.parent = type, .key = kNone, .left = position.left, .right = position.right};
}

// Goes right over what is deleted and over formats that set what `attributes` ask for anyway.
void minimize_changes(const Edit& edit, TextPosition& position, const AttributeMap& attributes) {
  while (position.right != kNone) {
    const BlockIndex right = position.right;
    if (!is_deleted(edit.store, right)) {
      if (!is_format(edit.store, right)) return;
      const Format format = format_of(edit.store, edit.sources, right);
      if (!equal_attributes(value_or_null(attributes, format.key), format.value)) return;
    }
    forward(edit, position);
  }
}

void put_format(Edit& edit, TypeIndex type, TextPosition& position, std::string_view key,
                AttributeValue& value) {
  position.right = insert_format_block(edit, place_at(type, position), key, value);
  forward(edit, position);
}

// Inserts the formats that begin here; returns what must be restored behind the range.
AttributeMap insert_attributes(Edit& edit, TypeIndex type, TextPosition& position,
                               AttributeMap& attributes) {
  AttributeMap negated;
  if (attributes.empty()) return negated;
  for (const std::string& key : attributes.object_keys()) {
    AttributeValue& value = *attributes.find(key);
    const AttributeValue now = value_or_null(position.current, key);
    if (equal_attributes(now, value)) continue;
    negated.set(key, now);
    put_format(edit, type, position, key, value);
  }
  return negated;
}

void insert_negated(Edit& edit, TypeIndex type, TextPosition& position, AttributeMap& negated) {
  while (position.right != kNone) {
    const BlockIndex right = position.right;
    if (!is_deleted(edit.store, right)) {
      if (!is_format(edit.store, right)) break;
      const Format format = format_of(edit.store, edit.sources, right);
      const AttributeValue* wanted = negated.find(format.key);
      if (wanted == nullptr || !equal_attributes(*wanted, format.value)) break;
      negated.erase(format.key);
    }
    forward(edit, position);
  }
  for (AttributeMap::Entry& entry : negated.entries()) {
    put_format(edit, type, position, entry.key, entry.value);
  }
}

BlockIndex insert_inline(Edit& edit, const Place& place, const Content& content) {
  if (const Any* value = content.as_any(); value != nullptr) {
    if (const std::string* text = value->as_string(); text != nullptr) {
      return insert_text_block(edit, place, *text);
    }
    return insert_embed_block(edit, place, *value);
  }
  return insert_content_block(edit, place, content);
}

Clock inline_length(const Content& content) noexcept {
  const Any* value = content.as_any();
  const std::string* text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? 1 : utf16_length(*text);
}

// Yjs's insertText. The values of `attributes` learn which unit they belong to.
void insert_here(Edit& edit, TypeIndex type, TextPosition& position, const Content& content,
                 AttributeMap& attributes) {
  for (const AttributeMap::Entry& entry : position.current.entries()) {
    const AttributeValue* wanted = attributes.find(entry.key);
    if (wanted == nullptr || wanted->value.is_undefined()) {
      attributes.set(entry.key, {Any(nullptr), {}});
    }
  }
  minimize_changes(edit, position, attributes);
  AttributeMap negated = insert_attributes(edit, type, position, attributes);
  update_markers(edit, type, position.index, static_cast<std::int64_t>(inline_length(content)));
  position.right = insert_inline(edit, place_at(type, position), content);
  forward(edit, position);
  insert_negated(edit, type, position, negated);
}

// What formatting does with a format block inside its range. False: the range ends before it.
bool pass_format(Edit& edit, TextPosition& position, const AttributeMap& attributes,
                 AttributeMap& negated, Clock length) {
  const Format format = format_of(edit.store, edit.sources, position.right);
  const AttributeValue* wanted = attributes.find(format.key);
  if (wanted == nullptr || wanted->value.is_undefined()) {
    position.current.set(format.key, format.value);
    return true;
  }
  if (equal_attributes(*wanted, format.value)) {
    negated.erase(format.key);
  } else {
    if (length == 0) return false;
    negated.set(format.key, format.value);
  }
  edit.integrator.remove(position.right);
  return true;
}

// Yjs's formatText.
void format_here(Edit& edit, TypeIndex type, TextPosition& position, Clock length,
                 AttributeMap attributes) {
  const BlockStore& store = edit.store;
  minimize_changes(edit, position, attributes);
  AttributeMap negated = insert_attributes(edit, type, position, attributes);
  while (position.right != kNone) {
    const BlockIndex right = position.right;
    const bool in_gap = is_deleted(store, right) || is_format(store, right);
    if (length == 0 && (negated.empty() || !in_gap)) break;
    if (!is_deleted(store, right)) {
      if (is_format(store, right)) {
        if (!pass_format(edit, position, attributes, negated, length)) break;
      } else {
        if (length < store.blocks.length(right)) cut(edit, right, length);
        length -= store.blocks.length(right);
      }
    }
    forward(edit, position);
  }
  // As Quill does, a range beyond the end makes the text longer by newlines.
  if (length > 0) {
    const std::string newlines(static_cast<std::size_t>(length), '\n');
    position.right = insert_text_block(edit, place_at(type, position), newlines);
    forward(edit, position);
  }
  insert_negated(edit, type, position, negated);
}

// Yjs's deleteText.
void delete_here(Edit& edit, TypeIndex type, TextPosition& position, Clock length) {
  const BlockStore& store = edit.store;
  const Clock asked = length;
  const AttributeMap start_attributes = position.current;
  const BlockIndex start = position.right;
  while (length > 0 && position.right != kNone) {
    const BlockIndex right = position.right;
    const BlockKind kind = store.blocks[right].kind;
    const bool is_content =
        kind == BlockKind::Type || kind == BlockKind::Embed || kind == BlockKind::String;
    if (!is_deleted(store, right) && is_content) {
      if (length < store.blocks.length(right)) cut(edit, right, length);
      length -= store.blocks.length(right);
      edit.integrator.remove(right);
    }
    forward(edit, position);
  }
  if (start != kNone) {
    clean_formatting_gap(edit, start, position.right, start_attributes, position.current);
  }
  update_markers(edit, type, position.index,
                 static_cast<std::int64_t>(length) - static_cast<std::int64_t>(asked));
}

// JavaScript's === where objects are the same only if they come from the same format.
bool is_identical(const AttributeValue& a, const AttributeValue& b) noexcept {
  if (has_identity(a.value) != has_identity(b.value)) return false;
  if (has_identity(a.value)) return a.source.has_value() && a.source == b.source;
  return equal_attributes(a, b);
}

void clean_one_format(Edit& edit, BlockIndex block, bool is_last_of_key, bool reached_current,
                      const AttributeMap& start_attributes, AttributeMap& current,
                      std::size_t& cleaned) {
  const Format format = format_of(edit.store, edit.sources, block);
  const AttributeValue at_start = value_or_null(start_attributes, format.key);
  const bool unchanged = is_identical(at_start, format.value);
  if (!is_last_of_key || unchanged) {
    edit.integrator.remove(block);
    ++cleaned;
    const bool in_force = is_identical(value_or_null(current, format.key), format.value);
    if (!reached_current && in_force && !unchanged) {
      update_current(current, format.key, at_start);
    }
  }
  if (!reached_current && !is_deleted(edit.store, block)) {
    update_current(current, format.key, format.value);
  }
}

// Which attributes of a delta are one object, while it is applied from its start to its end.
class SameObjects {
 public:
  explicit SameObjects(std::span<const FormatIdentity> identities) noexcept : rest_(identities) {}

  // Tells the attributes of an op which unit has their value already.
  void recall(std::size_t op, AttributeMap& attributes) {
    std::size_t count = 0;
    while (count < rest_.size() && rest_[count].op <= op) ++count;
    now_ = rest_.first(count);
    rest_ = rest_.subspan(count);
    for (const FormatIdentity& identity : now_) {
      const auto known = units_.find(identity.object);
      AttributeValue* value = attributes.find(identity.key);
      if (value != nullptr && known != units_.end()) value->source = known->second;
    }
  }

  // Remembers which unit each of them was written to.
  void note(const AttributeMap& attributes) {
    for (const FormatIdentity& identity : now_) {
      const AttributeValue* value = attributes.find(identity.key);
      if (value == nullptr || !value->source.has_value()) continue;
      units_.try_emplace(identity.object, *value->source);
    }
  }

 private:
  std::span<const FormatIdentity> rest_;
  std::span<const FormatIdentity> now_;
  std::unordered_map<Id, Id> units_;
};

}  // namespace

void insert_in_text(Edit& edit, TypeIndex type, Clock index, const Content& content,
                    const std::optional<AnyObject>& attributes) {
  TextPosition position = find_position(edit, type, index, !attributes.has_value());
  const bool is_text = content.as_any() != nullptr && content.as_any()->as_string() != nullptr;
  AttributeMap wanted;
  if (attributes.has_value()) {
    wanted = AttributeMap(*attributes);
  } else if (is_text) {
    wanted = position.current;
  }
  insert_here(edit, type, position, content, wanted);
}

void delete_in_text(Edit& edit, TypeIndex type, Clock index, Clock length) {
  TextPosition position = find_position(edit, type, index, true);
  delete_here(edit, type, position, length);
}

void format_text(Edit& edit, TypeIndex type, Clock index, Clock length,
                 const AnyObject& attributes) {
  TextPosition position = find_position(edit, type, index, false);
  if (position.right == kNone) return;
  format_here(edit, type, position, length, AttributeMap(attributes));
}

void apply_delta(Edit& edit, TypeIndex type, std::span<const DeltaInput> delta, bool sanitize,
                 std::span<const FormatIdentity> identities) {
  SameObjects same(identities);
  TextPosition position;
  position.right = edit.store.types[type].start;
  for (std::size_t i = 0; i < delta.size(); ++i) {
    const DeltaInput& op = delta[i];
    AttributeMap attributes =
        op.attributes.has_value() ? AttributeMap(*op.attributes) : AttributeMap();
    if (op.insert.has_value()) {
      const Any* value = op.insert->as_any();
      const std::string* text = value == nullptr ? nullptr : value->as_string();
      const bool drop_newline = !sanitize && text != nullptr && i + 1 == delta.size() &&
                                position.right == kNone && text->ends_with('\n');
      if (text != nullptr && text->size() == (drop_newline ? 1U : 0U)) continue;
      const Content content =
          drop_newline ? Content(text->substr(0, text->size() - 1)) : *op.insert;
      same.recall(i, attributes);
      insert_here(edit, type, position, content, attributes);
      same.note(attributes);
    } else if (op.retain.has_value()) {
      format_here(edit, type, position, *op.retain, attributes);
    } else if (op.remove.has_value()) {
      delete_here(edit, type, position, *op.remove);
    }
  }
}

std::size_t clean_formatting_gap(Edit& edit, BlockIndex start, BlockIndex current_at,
                                 const AttributeMap& start_attributes, AttributeMap& current) {
  const BlockStore& store = edit.store;
  BlockIndex end = start;
  std::unordered_map<std::string_view, BlockIndex> last_of_key;
  while (end != kNone && !is_visible(store, end)) {
    if (!is_deleted(store, end) && is_format(store, end)) {
      last_of_key.insert_or_assign(format_key(store, end), end);
    }
    end = store.blocks[end].right;
  }
  std::size_t cleaned = 0;
  bool reached_current = false;
  for (BlockIndex block = start; block != end; block = store.blocks[block].right) {
    if (block == current_at) reached_current = true;
    if (is_deleted(store, block) || !is_format(store, block)) continue;
    const bool is_last_of_key = last_of_key.at(format_key(store, block)) == block;
    clean_one_format(edit, block, is_last_of_key, reached_current, start_attributes, current,
                     cleaned);
  }
  return cleaned;
}

std::size_t clean_formatting(Edit& edit, TypeIndex type) {
  const BlockStore& store = edit.store;
  std::size_t cleaned = 0;
  BlockIndex start = store.types[type].start;
  AttributeMap start_attributes;
  AttributeMap current;
  for (BlockIndex end = start; end != kNone; end = store.blocks[end].right) {
    if (is_deleted(store, end)) continue;
    if (is_format(store, end)) {
      const Format format = format_of(store, edit.sources, end);
      update_current(current, format.key, format.value);
      continue;
    }
    cleaned += clean_formatting_gap(edit, start, end, start_attributes, current);
    start_attributes = current;
    start = end;
  }
  return cleaned;
}

void clean_formatting_around(Edit& edit, BlockIndex block,
                             std::unordered_set<BlockIndex>& visited) {
  const BlockStore& store = edit.store;
  while (store.blocks[block].right != kNone && !is_visible(store, store.blocks[block].right)) {
    block = store.blocks[block].right;
  }
  std::unordered_set<std::string> seen;
  while (block != kNone && !is_visible(store, block)) {
    visited.insert(block);
    const bool is_live_format = !is_deleted(store, block) && is_format(store, block);
    if (is_live_format && !seen.emplace(format_key(store, block)).second) {
      edit.integrator.remove(block);
    }
    block = store.blocks[block].left;
  }
}

}  // namespace ycpp::edit
