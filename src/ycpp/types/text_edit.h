// Edits of text with formatting. Formats are blocks of their own in the sequence; these functions
// put them where Yjs puts them, block for block.
//
// Engine internal.
#pragma once

#include "ycpp/types/edit.h"

#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>

namespace ycpp::edit {

// A place in a text and the attributes in force there.
struct TextPosition {
  BlockIndex left{kNone};
  BlockIndex right{kNone};
  Clock index{0};
  AttributeMap current;
};

// Inserts text or an embed or type. Without `attributes` it takes those of the place (text) or none
// (anything else).
void insert_in_text(Edit& edit, TypeIndex type, Clock index, const Content& content,
                    const std::optional<AnyObject>& attributes);
void delete_in_text(Edit& edit, TypeIndex type, Clock index, Clock length);
void format_text(Edit& edit, TypeIndex type, Clock index, Clock length,
                 const AnyObject& attributes);
// `sanitize` false drops one newline at the end, which Quill adds and Yjs does not keep.
// `identities` say which attributes are one object, in the order of the delta.
void apply_delta(Edit& edit, TypeIndex type, std::span<const DeltaInput> delta, bool sanitize,
                 std::span<const FormatIdentity> identities = {});

// Deletes the formats in [start, end of the gap) that have no effect; `current_at` is where
// `current` is known, it is kept up to date. Returns how many were deleted.
std::size_t clean_formatting_gap(Edit& edit, BlockIndex start, BlockIndex current_at,
                                 const AttributeMap& start_attributes, AttributeMap& current);

// Yjs's cleanupYTextFormatting: looks through the whole text.
std::size_t clean_formatting(Edit& edit, TypeIndex type);

// Deletes formats that are set twice in the gap around a block. Needs no attributes. The blocks of
// the gap are added to `visited`: for another of them it would change nothing.
void clean_formatting_around(Edit& edit, BlockIndex block, std::unordered_set<BlockIndex>& visited);

}  // namespace ycpp::edit
