// UndoManager: undoes and redoes what was changed in some types by some origins, and leaves the
// changes of others as they are.
//
// Changes within the capture timeout become one step. The manager has no clock: it asks the one
// that it is given. It must not outlive its document.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/doc/doc.h"
#include "ycpp/types/value.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ycpp {

// One step: which units it inserted and deleted.
struct StackItem {
  DeleteSet insertions;
  DeleteSet deletions;
  // Whatever the application wants to find again when the step is undone, such as a cursor.
  std::map<std::string, Any> meta;

  // Clients in the order in which the step deleted units of theirs; undoing follows it.
  std::vector<ClientId> deletion_order;
};

enum class StackKind : std::uint8_t { Undo, Redo };

struct StackItemEvent {
  StackItem* item{nullptr};  // good during the call; its meta may be changed
  StackKind kind{StackKind::Undo};
  TransactionOrigin transaction_origin;
};

struct UndoManagerOptions {
  // Changes that follow within this time of the last one join its step. Zero: each is one.
  std::uint64_t capture_timeout_ms{500};
  // Milliseconds of any clock that does not go back and is above zero.
  std::function<std::uint64_t()> now_ms;
  // Only transactions of these origins are undone. By default those that name none.
  std::vector<TransactionOrigin> tracked_origins{TransactionOrigin{}};
  // The origin of what the manager does itself; tracked too. Must differ from all others; by
  // default the document counts from 2^62.
  TransactionOrigin own_origin{};
  // Whether setting a key may be undone although somebody else has set it since.
  bool ignore_remote_map_changes{false};
  // Whether a transaction counts at all.
  std::function<bool(const Transaction&)> capture_transaction;
  // Whether undoing may delete a unit that was inserted.
  std::function<bool(Id)> delete_filter;
};

class UndoManager {
 public:
  // Everything in the document.
  UndoManager(Doc& doc, UndoManagerOptions options);
  // Changes in these types, of `doc`, and in what they hold.
  UndoManager(Doc& doc, const std::vector<SharedType>& scope, UndoManagerOptions options);
  UndoManager(const UndoManager&) = delete;
  UndoManager& operator=(const UndoManager&) = delete;
  UndoManager(UndoManager&&) = delete;
  UndoManager& operator=(UndoManager&&) = delete;
  ~UndoManager();

  // Undoes the last step that still has an effect. Nothing if there is none.
  std::optional<StackItem> undo();
  std::optional<StackItem> redo();

  [[nodiscard]] bool can_undo() const noexcept;
  [[nodiscard]] bool can_redo() const noexcept;

  // The next change begins a new step.
  void stop_capturing() noexcept;
  void clear(bool undo_stack = true, bool redo_stack = true);

  void add_to_scope(const SharedType& type);
  void add_tracked_origin(TransactionOrigin origin);
  void remove_tracked_origin(TransactionOrigin origin);

  // Oldest first.
  [[nodiscard]] std::span<const StackItem> undo_stack() const noexcept;
  [[nodiscard]] std::span<const StackItem> redo_stack() const noexcept;

  // Called when a step was added, joined by a change, or taken off to be undone or redone. One
  // handler each; an empty one is none.
  void on_stack_item_added(std::function<void(const StackItemEvent&)> handler);
  void on_stack_item_updated(std::function<void(const StackItemEvent&)> handler);
  void on_stack_item_popped(std::function<void(const StackItemEvent&)> handler);
  void on_stack_cleared(std::function<void(bool undo_stack, bool redo_stack)> handler);

 private:
  class State;

  std::unique_ptr<State> state_;
};

}  // namespace ycpp
