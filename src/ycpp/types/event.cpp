#include "ycpp/types/event.h"

#include "ycpp/doc/doc.h"
#include "ycpp/types/edit.h"
#include "ycpp/types/read.h"
#include "ycpp/types/text_event.h"
#include "ycpp/types/type_system.h"

#include <algorithm>

namespace ycpp {

namespace {

bool is_text(TypeKind kind) noexcept { return kind == TypeKind::Text || kind == TypeKind::XmlText; }

// Visible units in front of a block of a sequence.
std::uint64_t index_of(const BlockStore& store, TypeIndex type, BlockIndex block) {
  std::uint64_t index = 0;
  for (BlockIndex other = store.types[type].start; other != block && other != kNone;
       other = store.blocks[other].right) {
    if (edit::is_visible(store, other)) index += store.blocks.length(other);
  }
  return index;
}

// The part of that kind which the delta ends in, or a new one.
template <class Part>
Part& going_on(EventDelta& delta, std::optional<Part> EventOp::* kind) {
  if (!delta.empty()) {
    if (auto& last = delta.back().*kind; last.has_value()) return *last;
  }
  return (delta.emplace_back().*kind).emplace();
}

}  // namespace

Path path_to(Doc& doc, TypeIndex from, TypeIndex to) {
  const BlockStore& store = doc.store();
  Path path;
  while (to != from && store.types[to].item != kNone) {
    const BlockIndex item = store.types[to].item;
    const TypeIndex parent = store.parent_type(item);
    if (store.is_keyed(item)) {
      path.emplace_back(
          std::string(store.names.text(store.entries[store.blocks[item].parent].key)));
    } else {
      path.emplace_back(index_of(store, parent, item));
    }
    to = parent;
  }
  std::ranges::reverse(path);
  return path;
}

Event::Event(Doc& doc, Transaction& transaction, const ChangedType& changed)
    : doc_(&doc), transaction_(&transaction), changed_(changed), current_(changed.type) {}

Path Event::path() const { return path_to(*doc_, current_, changed_.type); }

bool Event::adds(BlockIndex block) const {
  const LocalId id = doc_->store().blocks.id(block);
  return id.clock >= doc_->state_before(*transaction_, id.client);
}

bool Event::deletes(BlockIndex block) const {
  const BlockStore& store = doc_->store();
  return edit::is_deleted_in(store, *transaction_, store.blocks.id(block));
}

std::vector<std::string> Event::changed_keys() const {
  std::vector<std::string> keys;
  keys.reserve(changed_.keys.size());
  for (const NameIndex key : changed_.keys) keys.emplace_back(doc_->store().names.text(key));
  return keys;
}

const EventDelta& Event::delta() {
  if (!delta_.has_value()) {
    const TypeKind kind = doc_->store().types[changed_.type].kind;
    delta_ = is_text(kind) ? edit::text_event_delta(*doc_, *this, changed_.type) : list_delta();
  }
  return *delta_;
}

EventDelta Event::list_delta() const {
  EventDelta delta;
  if (!changed_.sequence) return delta;
  const BlockStore& store = doc_->store();
  for (BlockIndex block = store.types[changed_.type].start; block != kNone;
       block = store.blocks[block].right) {
    const Clock length = store.blocks.length(block);
    if (edit::is_deleted(store, block)) {
      if (deletes(block) && !adds(block)) going_on(delta, &EventOp::remove) += length;
    } else if (adds(block)) {
      edit::append_values(*doc_, block, going_on(delta, &EventOp::insert));
    } else {
      going_on(delta, &EventOp::retain) += length;
    }
  }
  if (!delta.empty() && delta.back().retain.has_value()) delta.pop_back();
  return delta;
}

const KeyChanges& Event::keys() {
  if (keys_.has_value()) return *keys_;
  keys_.emplace();
  for (const NameIndex key : changed_.keys) {
    const std::optional<KeyChange> change = key_change(key);
    if (change.has_value()) keys_->emplace_back(doc_->store().names.text(key), *change);
  }
  return *keys_;
}

std::optional<KeyChange> Event::key_change(NameIndex key) const {
  using Action = KeyChange::Action;
  const BlockStore& store = doc_->store();
  const EntryIndex entry = store.find_entry(changed_.type, key);
  const BlockIndex last = entry == kNone ? kNone : store.entries[entry].last;
  if (last == kNone) return std::nullopt;
  if (!adds(last)) {
    if (!deletes(last)) return std::nullopt;
    return KeyChange{Action::Delete, edit::last_value(*doc_, last)};
  }
  BlockIndex previous = store.blocks[last].left;
  while (previous != kNone && adds(previous)) previous = store.blocks[previous].left;
  const bool replaced = previous != kNone && deletes(previous);
  if (deletes(last)) {
    if (!replaced) return std::nullopt;
    return KeyChange{Action::Delete, edit::last_value(*doc_, previous)};
  }
  if (!replaced) return KeyChange{Action::Add, Undefined{}};
  return KeyChange{Action::Update, edit::last_value(*doc_, previous)};
}

}  // namespace ycpp
