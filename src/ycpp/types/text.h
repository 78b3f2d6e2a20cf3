// Text: characters with formats, embeds and types between them. Indexes and lengths are UTF-16 code
// units, as in JavaScript; an embed or type counts one. Texts are UTF-8.
#pragma once

#include "ycpp/types/value.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ycpp {

class Snapshot;

enum class ChangeKind : std::uint8_t { Added, Removed };

// Makes the attribute `ychange` of what changed between two snapshots, from its first unit. Yjs
// looks at members `type` and `user` of it: what the same client changed next to it is one step.
using ChangeMarker = std::function<Any(ChangeKind kind, Id id)>;

class Text : public SharedType {
 public:
  using SharedType::SharedType;

  // Units, without formats.
  [[nodiscard]] std::uint64_t length() const noexcept;

  // Inserts at `index`, or at the end if that is beyond it. Without attributes the text takes those
  // of the character in front; with them it has exactly those. What is not UTF-8 becomes U+FFFD.
  void insert(std::uint64_t index, std::string_view text) const;
  void insert(std::uint64_t index, std::string_view text, const AnyObject& attributes) const;

  // An object, as in Quill, or a shared type. Without attributes it has none.
  void insert_embed(std::uint64_t index, const Content& embed) const;
  void insert_embed(std::uint64_t index, const Content& embed, const AnyObject& attributes) const;

  // Deletes up to `length` units (Yjs: delete).
  void delete_text(std::uint64_t index, std::uint64_t length) const;

  // Sets attributes of a range, null takes one away. A range beyond the end makes the text longer
  // by newlines, as Yjs does for Quill.
  void format(std::uint64_t index, std::uint64_t length, const AnyObject& attributes) const;

  // Without `sanitize` one newline at the very end is left out.
  void apply_delta(const std::vector<DeltaInput>& delta, bool sanitize = true) const;

  [[nodiscard]] Delta to_delta() const;

  // As it was in a snapshot. With `previous` also what changed since that one: attribute `ychange`
  // has type `removed` or `added`, or what `marker` (Yjs: computeYChange) makes of it. The document
  // must not collect garbage.
  [[nodiscard]] Delta to_delta(const Snapshot& snapshot, const Snapshot* previous = nullptr,
                               const ChangeMarker& marker = {}) const;

  // Characters only.
  [[nodiscard]] std::string to_string() const;

  // Attributes of the text as a whole, as elements have them; any value.
  void set_attribute(std::string_view key, const Content& value) const;
  void remove_attribute(std::string_view key) const;
  [[nodiscard]] std::optional<Value> get_attribute(std::string_view key) const;
  [[nodiscard]] std::vector<std::pair<std::string, Value>> attributes() const;
};

// What a text would have to be given to become `delta` (for copies). Types are left out, they
// cannot be in two places.
[[nodiscard]] std::vector<DeltaInput> as_input(const Delta& delta);

}  // namespace ycpp
