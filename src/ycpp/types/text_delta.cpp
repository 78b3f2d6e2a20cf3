#include "ycpp/types/text_delta.h"

#include "ycpp/doc/doc.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/types/edit.h"
#include "ycpp/types/read.h"
#include "ycpp/types/snapshot.h"
#include "ycpp/types/type_system.h"

#include <string>
#include <utility>

namespace ycpp::edit {

namespace {

constexpr std::string_view kChange = "ychange";

class DeltaReader {
 public:
  DeltaReader(Doc& doc, const DeltaQuery& query)
      : doc_(doc),
        store_(doc.store()),
        sources_(TypeSystem::of(doc).sources()),
        snapshot_(query.snapshot),
        previous_(query.previous),
        marker_(query.marker),
        identities_(query.identities) {}

  Delta read(TypeIndex type) {
    for (BlockIndex block = store_.types[type].start; block != kNone;
         block = store_.blocks[block].right) {
      const bool is_now = is_visible_in(store_, block, snapshot_);
      if (is_now || (previous_ != nullptr && is_visible_in(store_, block, previous_))) {
        visit(block, is_now);
      }
    }
    finish_text();
    return std::move(delta_);
  }

 private:
  void visit(BlockIndex block, bool is_now) {
    const BlockKind kind = store_.blocks[block].kind;
    if (kind == BlockKind::String) {
      mark_change(block, is_now);
      append_wtf8(text_, text_of(store_, block));
    } else if (kind == BlockKind::Type || kind == BlockKind::Embed) {
      finish_text();
      add(unit_value(doc_, block, 0));
    } else if (kind == BlockKind::Format && is_now) {
      finish_text();
      const Format format = format_of(store_, sources_, block);
      update_current(current_, format.key, format.value);
    }
  }

  void mark_change(BlockIndex block, bool is_now) {
    if (snapshot_ != nullptr && !is_now) {
      set_change(block, ChangeKind::Removed);
    } else if (previous_ != nullptr && !is_visible_in(store_, block, previous_)) {
      set_change(block, ChangeKind::Added);
    } else if (current_.find(kChange) != nullptr) {
      finish_text();
      current_.erase(kChange);
    }
  }

  // A mark without a user is that of nobody, so without a marker every block is a step.
  void set_change(BlockIndex block, ChangeKind kind) {
    const char* const name = kind == ChangeKind::Removed ? "removed" : "added";
    const Id id = store_.global(store_.blocks.id(block));
    if (is_mark(name, id.client)) return;
    finish_text();
    if (marker_ != nullptr) {
      current_.set(kChange, {(*marker_)(kind, id), {}});
      return;
    }
    AnyObject change;
    change.set("type", name);
    current_.set(kChange, {Any(std::move(change)), {}});
  }

  // Whether the mark in force says this of this client.
  [[nodiscard]] bool is_mark(std::string_view name, ClientId client) const {
    const AttributeValue* current = current_.find(kChange);
    const AnyObject* mark = current == nullptr ? nullptr : current->value.as_object();
    if (mark == nullptr) return false;
    const Any* user = mark->find("user");
    const Any* type = mark->find("type");
    return user != nullptr && *user == Any(static_cast<double>(client.value())) &&
           type != nullptr && *type == Any(name);
  }

  void finish_text() {
    if (!text_.empty()) add(Any(std::exchange(text_, {})));
  }

  void add(Value value) {
    DeltaOp op;
    op.insert = std::move(value);
    if (!current_.empty()) op.attributes = current_.to_object();
    if (identities_ != nullptr) note_identities();
    delta_.push_back(std::move(op));
  }

  void note_identities() {
    for (const AttributeMap::Entry& entry : current_.entries()) {
      if (!entry.value.source.has_value()) continue;
      identities_->push_back(
          {.op = delta_.size(), .key = entry.key, .object = *entry.value.source});
    }
  }

  Doc& doc_;
  const BlockStore& store_;
  const FormatSources& sources_;
  const Snapshot* snapshot_;
  const Snapshot* previous_;
  const ChangeMarker* marker_;
  std::vector<FormatIdentity>* identities_;
  AttributeMap current_;
  std::string text_;
  Delta delta_;
};

}  // namespace

Delta text_delta(Doc& doc, TypeIndex type, const DeltaQuery& query) {
  return DeltaReader(doc, query).read(type);
}

Delta snapshot_delta(Doc& doc, TypeIndex type, const DeltaQuery& query) {
  Delta delta;
  const auto read = [&](Edit& edit) {
    split_at_snapshot(edit, *query.snapshot);
    if (query.previous != nullptr) split_at_snapshot(edit, *query.previous);
    delta = text_delta(doc, type, query);
  };
  with_edit(doc, read, kCleanupOrigin);
  return delta;
}

}  // namespace ycpp::edit
