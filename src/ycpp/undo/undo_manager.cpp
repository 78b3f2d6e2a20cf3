#include "ycpp/undo/undo_manager.h"

#include "ycpp/types/search_markers.h"
#include "ycpp/types/type_system.h"
#include "ycpp/undo/redo.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace ycpp {

class UndoManager::State final : public TransactionListener {
 public:
  State(Doc& doc, UndoManagerOptions options) : doc_(doc), options_(std::move(options)) {
    TypeSystem& types = TypeSystem::of(doc);
    if (options_.own_origin == TransactionOrigin{}) options_.own_origin = types.next_origin();
    options_.tracked_origins.push_back(options_.own_origin);
    types.add_listener(*this);
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;

  ~State() override { TypeSystem::of(doc_).remove_listener(*this); }

  void after_transaction(Transaction& transaction, const std::vector<ChangedParent>& parents,
                         const std::vector<ClientIndex>& deletion_order) override;

  std::optional<StackItem> pop(StackKind kind);
  void clear(bool undo_stack, bool redo_stack);

  void add_to_scope(TypeIndex type) {
    if (std::ranges::find(scope_, type) == scope_.end()) scope_.push_back(type);
  }

  [[nodiscard]] bool is_tracked(TransactionOrigin origin) const {
    return std::ranges::find(options_.tracked_origins, origin) != options_.tracked_origins.end();
  }

  [[nodiscard]] UndoManagerOptions& options() noexcept { return options_; }

  std::vector<StackItem> undo_stack;
  std::vector<StackItem> redo_stack;
  bool is_whole_document{false};
  std::uint64_t last_change_ms{0};
  std::function<void(const StackItemEvent&)> on_added;
  std::function<void(const StackItemEvent&)> on_updated;
  std::function<void(const StackItemEvent&)> on_popped;
  std::function<void(bool, bool)> on_cleared;

 private:
  enum class Mode : std::uint8_t { Capturing, Undoing, Redoing };

  [[nodiscard]] bool is_captured(const Transaction& transaction,
                                 const std::vector<ChangedParent>& parents) const;
  [[nodiscard]] StackItem step_of(const Transaction& transaction,
                                  const std::vector<ClientIndex>& deletion_order) const;
  [[nodiscard]] bool add_step(std::vector<StackItem>& stack, StackItem step);
  [[nodiscard]] bool is_in_scope(BlockIndex block) const;
  void keep_deleted(const Transaction& transaction);
  void pop_steps(edit::Edit& edit, std::vector<StackItem>& stack);
  bool revert(edit::Edit& edit, const StackItem& step);
  void collect_insertions(edit::Edit& edit, const StackItem& step, std::vector<BlockIndex>& found);
  void collect_deletions(edit::Edit& edit, const StackItem& step, std::vector<BlockIndex>& found);
  void release(edit::Edit& edit, std::vector<StackItem>& stack);
  void reset_markers(const Transaction& transaction);

  Doc& doc_;
  UndoManagerOptions options_;
  std::vector<TypeIndex> scope_;
  Mode mode_{Mode::Capturing};
  std::optional<StackItem> current_;  // being undone or redone
};

bool UndoManager::State::is_captured(const Transaction& transaction,
                                     const std::vector<ChangedParent>& parents) const {
  if (options_.capture_transaction && !options_.capture_transaction(transaction)) return false;
  const bool is_concerned =
      is_whole_document || std::ranges::any_of(parents, [this](const ChangedParent& parent) {
        return std::ranges::find(scope_, parent.type) != scope_.end();
      });
  return is_concerned && is_tracked(transaction.transaction_origin);
}

StackItem UndoManager::State::step_of(const Transaction& transaction,
                                      const std::vector<ClientIndex>& deletion_order) const {
  const BlockStore& store = doc_.store();
  StackItem step;
  for (const Transaction::Touched& touched : transaction.touched) {
    if (touched.after == touched.before) continue;
    step.insertions.add(store.clients[touched.client].id, touched.before,
                        touched.after - touched.before);
  }
  for (const LocalRange& range : transaction.deletes) {
    step.deletions.add(store.clients[range.client].id, range.range.clock, range.range.length);
  }
  for (const ClientIndex client : deletion_order) {
    step.deletion_order.push_back(store.clients[client].id);
  }
  return step;
}

// Whether a step was added, and not joined to the last one.
bool UndoManager::State::add_step(std::vector<StackItem>& stack, StackItem step) {
  const std::uint64_t now = options_.now_ms ? options_.now_ms() : 1;
  const bool joins = last_change_ms > 0 && now - last_change_ms < options_.capture_timeout_ms &&
                     !stack.empty() && mode_ == Mode::Capturing;
  if (mode_ == Mode::Capturing) last_change_ms = now;
  if (!joins) {
    stack.push_back(std::move(step));
    return true;
  }
  StackItem& last = stack.back();
  last.insertions.merge(step.insertions);
  last.deletions.merge(step.deletions);
  for (const ClientId client : step.deletion_order) {
    if (std::ranges::find(last.deletion_order, client) == last.deletion_order.end()) {
      last.deletion_order.push_back(client);
    }
  }
  return false;
}

void UndoManager::State::after_transaction(Transaction& transaction,
                                           const std::vector<ChangedParent>& parents,
                                           const std::vector<ClientIndex>& deletion_order) {
  if (!is_captured(transaction, parents)) return;
  const bool undoing = mode_ == Mode::Undoing;
  if (undoing) {
    last_change_ms = 0;
  } else if (mode_ == Mode::Capturing) {
    clear(false, true);
  }
  std::vector<StackItem>& stack = undoing ? redo_stack : undo_stack;
  const bool added = add_step(stack, step_of(transaction, deletion_order));
  keep_deleted(transaction);
  const auto& handler = added ? on_added : on_updated;
  if (!handler) return;
  handler({.item = &stack.back(),
           .kind = undoing ? StackKind::Redo : StackKind::Undo,
           .transaction_origin = transaction.transaction_origin});
}

bool UndoManager::State::is_in_scope(BlockIndex block) const {
  if (is_whole_document) return true;
  const BlockStore& store = doc_.store();
  while (block != kNone && store.blocks[block].kind != BlockKind::Gc) {
    const TypeIndex parent = store.parent_type(block);
    if (std::ranges::find(scope_, parent) != scope_.end()) return true;
    block = store.types[parent].item;
  }
  return false;
}

void UndoManager::State::keep_deleted(const Transaction& transaction) {
  BlockStore& store = doc_.store();
  for (const LocalRange& range : transaction.deletes) {
    const BlockList& list = store.clients[range.client].list;
    BlockList::Position position = list.find(store.blocks, range.range.clock);
    do {
      const BlockIndex block = list.at(position);
      if (store.blocks.clock(block) >= range.range.end()) break;
      if (store.blocks[block].kind != BlockKind::Gc && is_in_scope(block)) {
        undo::keep_item(store, block, true);
      }
    } while (list.to_next(position));
  }
}

void UndoManager::State::collect_insertions(edit::Edit& edit, const StackItem& step,
                                            std::vector<BlockIndex>& found) {
  const BlockStore& store = edit.store;
  undo::for_each_block(edit, step.insertions, {}, [&](BlockIndex block) {
    if (store.blocks[block].kind == BlockKind::Gc) return;
    if ((store.blocks[block].flags & block_flag::kRedone) != 0) {
      const undo::Redone redone = undo::follow_redone(store, store.blocks.id(block));
      block = redone.block;
      if (redone.offset > 0) {
        block = edit.integrator.clean_start(
            {store.blocks.client(block), store.blocks.clock(block) + redone.offset});
      }
    }
    if (!edit::is_deleted(store, block) && is_in_scope(block)) found.push_back(block);
  });
}

void UndoManager::State::collect_deletions(edit::Edit& edit, const StackItem& step,
                                           std::vector<BlockIndex>& found) {
  const BlockStore& store = edit.store;
  undo::for_each_block(edit, step.deletions, step.deletion_order, [&](BlockIndex block) {
    if (store.blocks[block].kind == BlockKind::Gc || !is_in_scope(block)) return;
    // What the step itself inserted and deleted does not come back.
    if (!step.insertions.contains(store.global(store.blocks.id(block)))) found.push_back(block);
  });
}

// Whether anything changed.
bool UndoManager::State::revert(edit::Edit& edit, const StackItem& step) {
  std::vector<BlockIndex> inserted;
  std::vector<BlockIndex> deleted;
  collect_insertions(edit, step, inserted);
  collect_deletions(edit, step, deleted);
  const std::unordered_set<BlockIndex> items(deleted.begin(), deleted.end());
  const undo::RedoContext context{.items = items,
                                  .insertions = step.insertions,
                                  .ignore_remote_map_changes = options_.ignore_remote_map_changes,
                                  .undo_stack = undo_stack,
                                  .redo_stack = redo_stack};
  bool changed = false;
  for (const BlockIndex block : deleted) {
    changed = undo::redo_item(edit, block, context) != kNone || changed;
  }
  // Inner blocks before outer ones, so that the filter sees what they are in.
  for (std::size_t i = inserted.size(); i-- > 0;) {
    const Id id = edit.store.global(edit.store.blocks.id(inserted[i]));
    if (options_.delete_filter && !options_.delete_filter(id)) continue;
    edit.integrator.remove(inserted[i]);
    changed = true;
  }
  return changed;
}

void UndoManager::State::pop_steps(edit::Edit& edit, std::vector<StackItem>& stack) {
  while (!stack.empty() && !current_.has_value()) {
    StackItem step = std::move(stack.back());
    stack.pop_back();
    if (revert(edit, step)) current_ = std::move(step);
  }
}

// A copy may stand where no edit would have put it.
void UndoManager::State::reset_markers(const Transaction& transaction) {
  for (const ChangedType& changed : transaction.changed) {
    if (changed.type == kNone || !changed.sequence) continue;
    const TypeNode& node = doc_.store().types[changed.type];
    if (node.markers) node.markers->clear();
  }
}

std::optional<StackItem> UndoManager::State::pop(StackKind kind) {
  mode_ = kind == StackKind::Undo ? Mode::Undoing : Mode::Redoing;
  std::vector<StackItem>& stack = kind == StackKind::Undo ? undo_stack : redo_stack;
  doc_.transact(
      [&](Transaction& transaction) {
        edit::with_edit(doc_, [&](edit::Edit& edit) { pop_steps(edit, stack); });
        reset_markers(transaction);
      },
      options_.own_origin);
  mode_ = Mode::Capturing;
  std::optional<StackItem> popped = std::exchange(current_, std::nullopt);
  if (popped.has_value() && on_popped) {
    on_popped({.item = &*popped, .kind = kind, .transaction_origin = options_.own_origin});
  }
  return popped;
}

void UndoManager::State::release(edit::Edit& edit, std::vector<StackItem>& stack) {
  BlockStore& store = edit.store;
  for (const StackItem& step : stack) {
    undo::for_each_block(edit, step.deletions, step.deletion_order, [&](BlockIndex block) {
      if (store.blocks[block].kind != BlockKind::Gc && is_in_scope(block)) {
        undo::keep_item(store, block, false);
      }
    });
  }
  stack.clear();
}

void UndoManager::State::clear(bool undo, bool redo) {
  if (!(undo && !undo_stack.empty()) && !(redo && !redo_stack.empty())) return;
  edit::with_edit(doc_, [&](edit::Edit& edit) {
    if (undo) release(edit, undo_stack);
    if (redo) release(edit, redo_stack);
    if (on_cleared) on_cleared(undo, redo);
  });
}

UndoManager::UndoManager(Doc& doc, UndoManagerOptions options)
    : state_(std::make_unique<State>(doc, std::move(options))) {
  state_->is_whole_document = true;
}

UndoManager::UndoManager(Doc& doc, const std::vector<SharedType>& scope, UndoManagerOptions options)
    : state_(std::make_unique<State>(doc, std::move(options))) {
  for (const SharedType& type : scope) state_->add_to_scope(type.index());
}

UndoManager::~UndoManager() = default;

std::optional<StackItem> UndoManager::undo() { return state_->pop(StackKind::Undo); }

std::optional<StackItem> UndoManager::redo() { return state_->pop(StackKind::Redo); }

bool UndoManager::can_undo() const noexcept { return !state_->undo_stack.empty(); }

bool UndoManager::can_redo() const noexcept { return !state_->redo_stack.empty(); }

void UndoManager::stop_capturing() noexcept { state_->last_change_ms = 0; }

void UndoManager::clear(bool undo_stack, bool redo_stack) { state_->clear(undo_stack, redo_stack); }

void UndoManager::add_to_scope(const SharedType& type) { state_->add_to_scope(type.index()); }

void UndoManager::add_tracked_origin(TransactionOrigin origin) {
  if (!state_->is_tracked(origin)) state_->options().tracked_origins.push_back(origin);
}

void UndoManager::remove_tracked_origin(TransactionOrigin origin) {
  std::erase(state_->options().tracked_origins, origin);
}

std::span<const StackItem> UndoManager::undo_stack() const noexcept { return state_->undo_stack; }

std::span<const StackItem> UndoManager::redo_stack() const noexcept { return state_->redo_stack; }

void UndoManager::on_stack_item_added(std::function<void(const StackItemEvent&)> handler) {
  state_->on_added = std::move(handler);
}

void UndoManager::on_stack_item_updated(std::function<void(const StackItemEvent&)> handler) {
  state_->on_updated = std::move(handler);
}

void UndoManager::on_stack_item_popped(std::function<void(const StackItemEvent&)> handler) {
  state_->on_popped = std::move(handler);
}

void UndoManager::on_stack_cleared(std::function<void(bool, bool)> handler) {
  state_->on_cleared = std::move(handler);
}

}  // namespace ycpp
