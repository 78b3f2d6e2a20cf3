#include "ycpp/types/text_event.h"

#include "ycpp/doc/doc.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/types/edit.h"
#include "ycpp/types/read.h"
#include "ycpp/types/type_system.h"

#include <string>
#include <utility>

namespace ycpp::edit {

namespace {

enum class Action : std::uint8_t { None, Insert, Delete, Retain };

// Walks over a text and turns what it sees into steps: Yjs's YTextEvent.delta.
class TextDeltaBuilder {
 public:
  TextDeltaBuilder(Doc& doc, Edit& edit, const Event& event) noexcept
      : doc_(doc), edit_(edit), event_(event) {}

  EventDelta build(TypeIndex type) {
    const BlockStore& store = edit_.store;
    for (BlockIndex block = store.types[type].start; block != kNone;
         block = store.blocks[block].right) {
      const BlockKind kind = store.blocks[block].kind;
      if (kind == BlockKind::Type || kind == BlockKind::Embed) visit_embed(block);
      if (kind == BlockKind::String) visit_text(block);
      if (kind == BlockKind::Format) visit_format(block);
    }
    finish_op();
    while (!delta_.empty() && delta_.back().retain.has_value() &&
           !delta_.back().attributes.has_value()) {
      delta_.pop_back();
    }
    return std::move(delta_);
  }

 private:
  void begin(Action action) {
    if (action_ == action) return;
    finish_op();
    action_ = action;
  }

  void visit_embed(BlockIndex block) {
    if (event_.adds(block)) {
      if (event_.deletes(block)) return;
      finish_op();
      const Value value = unit_value(doc_, block, 0);
      if (is_shown(value)) add_insert(value);
    } else {
      visit_old(block, 1);
    }
  }

  // Yjs leaves out an embed that is neither an object nor a text.
  static bool is_shown(const Value& value) noexcept {
    const Any* any = value.as_any();
    return any == nullptr || any->is_null() || has_identity(*any) || !value.as_string().empty();
  }

  void visit_text(BlockIndex block) {
    if (event_.adds(block)) {
      if (event_.deletes(block)) return;
      begin(Action::Insert);
      append_wtf8(text_, text_of(edit_.store, block));
    } else {
      visit_old(block, edit_.store.blocks.length(block));
    }
  }

  void visit_old(BlockIndex block, Clock length) {
    if (event_.deletes(block)) {
      begin(Action::Delete);
      delete_length_ += length;
    } else if (!is_deleted(edit_.store, block)) {
      begin(Action::Retain);
      retain_length_ += length;
    }
  }

  void visit_format(BlockIndex block) {
    const Format format = format_of(edit_.store, edit_.sources, block);
    if (event_.adds(block)) {
      if (!event_.deletes(block)) visit_new_format(block, format);
    } else if (event_.deletes(block)) {
      visit_deleted_format(format);
    } else if (!is_deleted(edit_.store, block)) {
      visit_old_format(block, format);
    }
    if (is_deleted(edit_.store, block)) return;
    if (action_ == Action::Insert) finish_op();
    update_current(current_, format.key, format.value);
  }

  void visit_new_format(BlockIndex block, const Format& format) {
    if (equal_attributes(value_or_null(current_, format.key), format.value)) {
      if (!format.value.value.is_null()) edit_.integrator.remove(block);
      return;
    }
    if (action_ == Action::Retain) finish_op();
    if (equal_attributes(format.value, value_or_null(old_, format.key))) {
      changed_.erase(format.key);
    } else {
      changed_.set(format.key, format.value);
    }
  }

  void visit_deleted_format(const Format& format) {
    old_.set(format.key, format.value);
    const AttributeValue now = value_or_null(current_, format.key);
    if (equal_attributes(now, format.value)) return;
    if (action_ == Action::Retain) finish_op();
    changed_.set(format.key, now);
  }

  void visit_old_format(BlockIndex block, const Format& format) {
    old_.set(format.key, format.value);
    const AttributeValue* change = changed_.find(format.key);
    if (change == nullptr) return;
    if (equal_attributes(*change, format.value)) {
      // What sets an attribute to null again is cleaned up elsewhere.
      if (!change->value.is_null()) edit_.integrator.remove(block);
      return;
    }
    if (action_ == Action::Retain) finish_op();
    if (format.value.value.is_null()) {
      changed_.erase(format.key);
    } else {
      changed_.set(format.key, format.value);
    }
  }

  void add_insert(Value value) {
    EventOp op;
    op.insert.emplace().push_back(std::move(value));
    if (!current_.empty()) {
      AttributeMap present;
      for (const AttributeMap::Entry& entry : current_.entries()) {
        if (!entry.value.value.is_null()) present.set(entry.key, entry.value);
      }
      op.attributes = present.to_object();
    }
    delta_.push_back(std::move(op));
  }

  void finish_op() {
    const Action action = std::exchange(action_, Action::None);
    if (action == Action::Delete && delete_length_ > 0) {
      delta_.emplace_back().remove = std::exchange(delete_length_, 0);
    } else if (action == Action::Insert && !text_.empty()) {
      add_insert(Any(std::exchange(text_, {})));
    } else if (action == Action::Retain && retain_length_ > 0) {
      EventOp& op = delta_.emplace_back();
      op.retain = std::exchange(retain_length_, 0);
      if (!changed_.empty()) op.attributes = changed_.to_object();
    }
  }

  Doc& doc_;
  Edit& edit_;
  const Event& event_;
  AttributeMap current_;  // in force here
  AttributeMap old_;      // in force here before the transaction
  AttributeMap changed_;  // what a retain has to say
  Action action_{Action::None};
  std::string text_;
  std::uint64_t retain_length_{0};
  std::uint64_t delete_length_{0};
  EventDelta delta_;
};

}  // namespace

EventDelta text_event_delta(Doc& doc, const Event& event, TypeIndex type) {
  EventDelta delta;
  with_edit(doc, [&](Edit& edit) { delta = TextDeltaBuilder(doc, edit, event).build(type); });
  return delta;
}

}  // namespace ycpp::edit
