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
  DeltaReader(Doc& doc, const Snapshot* snapshot, const Snapshot* previous)
      : doc_(doc),
        store_(doc.store()),
        sources_(TypeSystem::of(doc).sources()),
        snapshot_(snapshot),
        previous_(previous) {}

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
      set_change("removed");
    } else if (previous_ != nullptr && !is_visible_in(store_, block, previous_)) {
      set_change("added");
    } else if (current_.find(kChange) != nullptr) {
      finish_text();
      current_.erase(kChange);
    }
  }

  // Yjs compares with the user of an earlier mark, which it does not set, so every block is a step.
  void set_change(const char* kind) {
    finish_text();
    AnyObject change;
    change.set("type", kind);
    current_.set(kChange, {Any(std::move(change)), {}});
  }

  void finish_text() {
    if (!text_.empty()) add(Any(std::exchange(text_, {})));
  }

  void add(Value value) {
    DeltaOp op;
    op.insert = std::move(value);
    if (!current_.empty()) op.attributes = current_.to_object();
    delta_.push_back(std::move(op));
  }

  Doc& doc_;
  const BlockStore& store_;
  const FormatSources& sources_;
  const Snapshot* snapshot_;
  const Snapshot* previous_;
  AttributeMap current_;
  std::string text_;
  Delta delta_;
};

}  // namespace

Delta text_delta(Doc& doc, TypeIndex type, const Snapshot* snapshot, const Snapshot* previous) {
  return DeltaReader(doc, snapshot, previous).read(type);
}

Delta snapshot_delta(Doc& doc, TypeIndex type, const Snapshot& snapshot, const Snapshot* previous) {
  Delta delta;
  const auto read = [&](Edit& edit) {
    split_at_snapshot(edit, snapshot);
    if (previous != nullptr) split_at_snapshot(edit, *previous);
    delta = text_delta(doc, type, &snapshot, previous);
  };
  with_edit(doc, read, kCleanupOrigin);
  return delta;
}

}  // namespace ycpp::edit
