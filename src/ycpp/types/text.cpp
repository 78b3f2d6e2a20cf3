#include "ycpp/types/text.h"

#include "ycpp/doc/doc.h"
#include "ycpp/types/map_edit.h"
#include "ycpp/types/read.h"
#include "ycpp/types/text_delta.h"
#include "ycpp/types/text_edit.h"
#include "ycpp/types/type_system.h"
#include "ycpp/types/well_formed.h"

namespace ycpp {

std::uint64_t Text::length() const noexcept { return doc_->store().types[type_].length; }

void Text::insert(std::uint64_t index, std::string_view text) const {
  if (text.empty()) return;
  edit::with_edit(*doc_, [&](edit::Edit& edit) {
    edit::insert_in_text(edit, type_, index, Content(edit::well_formed(text)), std::nullopt);
  });
}

void Text::insert(std::uint64_t index, std::string_view text, const AnyObject& attributes) const {
  if (text.empty()) return;
  edit::with_edit(*doc_, [&](edit::Edit& edit) {
    edit::insert_in_text(edit, type_, index, Content(edit::well_formed(text)), attributes);
  });
}

void Text::insert_embed(std::uint64_t index, const Content& embed) const {
  edit::with_edit(*doc_, [&](edit::Edit& edit) {
    edit::insert_in_text(edit, type_, index, embed, std::nullopt);
  });
}

void Text::insert_embed(std::uint64_t index, const Content& embed,
                        const AnyObject& attributes) const {
  edit::with_edit(*doc_, [&](edit::Edit& edit) {
    edit::insert_in_text(edit, type_, index, embed, attributes);
  });
}

void Text::delete_text(std::uint64_t index, std::uint64_t length) const {
  if (length == 0) return;
  edit::with_edit(*doc_,
                  [&](edit::Edit& edit) { edit::delete_in_text(edit, type_, index, length); });
}

void Text::format(std::uint64_t index, std::uint64_t length, const AnyObject& attributes) const {
  if (length == 0) return;
  edit::with_edit(
      *doc_, [&](edit::Edit& edit) { edit::format_text(edit, type_, index, length, attributes); });
}

void Text::apply_delta(const std::vector<DeltaInput>& delta, bool sanitize) const {
  edit::with_edit(*doc_,
                  [&](edit::Edit& edit) { edit::apply_delta(edit, type_, delta, sanitize); });
}

Delta Text::to_delta() const { return edit::text_delta(*doc_, type_, {}); }

Delta Text::to_delta(const Snapshot& snapshot, const Snapshot* previous,
                     const ChangeMarker& marker) const {
  return edit::snapshot_delta(
      *doc_, type_,
      {.snapshot = &snapshot, .previous = previous, .marker = marker ? &marker : nullptr});
}

std::string Text::to_string() const {
  if (kind() == TypeKind::XmlText) return edit::xml_string(*doc_, type_);
  return edit::plain_text(doc_->store(), type_);
}

void Text::set_attribute(std::string_view key, const Content& value) const {
  edit::with_edit(*doc_, [&](edit::Edit& edit) { edit::set_key(edit, type_, key, value); });
}

void Text::remove_attribute(std::string_view key) const {
  edit::with_edit(*doc_, [&](edit::Edit& edit) { edit::delete_key(edit, type_, key); });
}

std::optional<Value> Text::get_attribute(std::string_view key) const {
  const BlockIndex block = edit::find_key(doc_->store(), type_, key);
  if (block == kNone) return std::nullopt;
  return edit::last_value(*doc_, block);
}

std::vector<std::pair<std::string, Value>> Text::attributes() const {
  return edit::live_entries(*doc_, type_);
}

std::vector<DeltaInput> as_input(const Delta& delta) {
  std::vector<DeltaInput> input;
  input.reserve(delta.size());
  for (const DeltaOp& op : delta) {
    DeltaInput& made = input.emplace_back();
    made.retain = op.retain;
    made.remove = op.remove;
    made.attributes = op.attributes;
    if (op.insert.has_value() && op.insert->as_any() != nullptr) made.insert = *op.insert->as_any();
  }
  return input;
}

}  // namespace ycpp
