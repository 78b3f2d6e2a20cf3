// Event: what one transaction changed in one shared type.
#pragma once

#include "ycpp/doc/transaction.h"
#include "ycpp/types/value.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ycpp {

class TypeSystem;

// A step of what happened to a sequence. In a list an insert holds the values side by side; in a
// text it is one: a string, an embed or a type.
using EventOp = BasicDeltaOp<std::vector<Value>>;
using EventDelta = std::vector<EventOp>;

struct KeyChange {
  enum class Action : std::uint8_t { Add, Update, Delete };

  Action action{Action::Add};
  Value old_value{Undefined{}};  // undefined where nothing was before
};

using KeyChanges = std::vector<std::pair<std::string, KeyChange>>;

// From an outer type to an inner one: a key, or an index of a sequence.
using PathElement = std::variant<std::string, std::uint64_t>;
using Path = std::vector<PathElement>;

class Event {
 public:
  Event(Doc& doc, Transaction& transaction, const ChangedType& changed);

  [[nodiscard]] SharedType target() const noexcept { return {*doc_, changed_.type}; }

  // The type whose handler is called.
  [[nodiscard]] SharedType current_target() const noexcept { return {*doc_, current_}; }

  // From the current target to the target.
  [[nodiscard]] Path path() const;

  // What happened to the sequence, computed on first use. For a text this cleans up formats that
  // became superfluous, as in Yjs, so it may change the document.
  [[nodiscard]] const EventDelta& delta();

  // What happened to the keys, in the order of their first change.
  [[nodiscard]] const KeyChanges& keys();

  // Whether the sequence changed at all (Yjs: childListChanged).
  [[nodiscard]] bool is_sequence_changed() const noexcept { return changed_.sequence; }

  // Yjs: keysChanged, attributesChanged.
  [[nodiscard]] std::vector<std::string> changed_keys() const;

  // Whether a block came or went in this transaction.
  [[nodiscard]] bool adds(BlockIndex block) const;
  [[nodiscard]] bool deletes(BlockIndex block) const;

  // Engine internal.
  void set_current_target(TypeIndex type) noexcept { current_ = type; }

 private:
  [[nodiscard]] EventDelta list_delta() const;
  [[nodiscard]] std::optional<KeyChange> key_change(NameIndex key) const;

  Doc* doc_;
  Transaction* transaction_;
  ChangedType changed_;
  TypeIndex current_;
  std::optional<EventDelta> delta_;
  std::optional<KeyChanges> keys_;
};

// Where a type is inside another. Empty for the type itself.
[[nodiscard]] Path path_to(Doc& doc, TypeIndex from, TypeIndex to);

}  // namespace ycpp
