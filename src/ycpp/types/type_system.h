// TypeSystem: what a document needs only when somebody uses its shared types: their handlers, the
// undo managers, and what edits remember. It belongs to its Doc and is made on first use.
//
// Engine internal.
#pragma once

#include "ycpp/doc/doc.h"
#include "ycpp/types/edit.h"
#include "ycpp/types/event.h"
#include "ycpp/types/subdocuments.h"

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ycpp {

// A type whose children changed, with the events of all that changed in it.
struct ChangedParent {
  TypeIndex type{kNone};
  std::vector<Event*> events;
};

// Told when a transaction has ended and its observers were called: an undo manager.
class TransactionListener {
 public:
  TransactionListener() = default;
  TransactionListener(const TransactionListener&) = delete;
  TransactionListener& operator=(const TransactionListener&) = delete;
  TransactionListener(TransactionListener&&) = delete;
  TransactionListener& operator=(TransactionListener&&) = delete;
  virtual ~TransactionListener() = default;

  // `parents` are the types that changed and all types around them. `deletion_order` are the
  // clients that units were deleted of, in the order in which that began.
  virtual void after_transaction(Transaction& transaction,
                                 const std::vector<ChangedParent>& parents,
                                 const std::vector<ClientIndex>& deletion_order) = 0;
};

class TransactionEvents;

class TypeSystem final : public DocListener {
 public:
  // That of the document, made if there is none.
  [[nodiscard]] static TypeSystem& of(Doc& doc);

  explicit TypeSystem(Doc& doc) noexcept;
  TypeSystem(const TypeSystem&) = delete;
  TypeSystem& operator=(const TypeSystem&) = delete;
  TypeSystem(TypeSystem&&) = delete;
  TypeSystem& operator=(TypeSystem&&) = delete;
  ~TypeSystem() override;

  [[nodiscard]] bool wants_transactions() const noexcept override;

  void before_transaction(Transaction& transaction, bool is_first) override;
  void before_cleanup(const Transaction& transaction) override;
  void call_observers(Transaction& transaction) override;
  void after_cleanup(Transaction& transaction) override;
  void after_updates(Transaction& transaction) override;
  void after_all_transactions(std::span<Transaction* const> transactions) override;
  void unsubscribe(SubscriptionId subscription) override;

  ObserverId add_observer(TypeIndex type, EventHandler handler);
  ObserverId add_deep_observer(TypeIndex type, DeepEventHandler handler);
  void remove_observer(TypeIndex type, ObserverId id);

  ObserverId add_subdocument_observer(SubdocumentHandler handler);
  void remove_subdocument_observer(ObserverId id);

  void add_listener(TransactionListener& listener) { listeners_.push_back(&listener); }

  void remove_listener(TransactionListener& listener);

  // The handlers of transactions, made when the first one is added.
  [[nodiscard]] TransactionEvents& transaction_events();

  // An origin that nobody else uses.
  [[nodiscard]] TransactionOrigin next_origin() noexcept {
    return TransactionOrigin{next_origin_++};
  }

  [[nodiscard]] edit::FormatSources& sources() noexcept { return sources_; }

 private:
  template <class Handler>
  using Handlers = std::vector<std::pair<ObserverId, std::shared_ptr<const Handler>>>;

  // The events of one transaction while its observers are called.
  struct Calls {
    std::vector<std::unique_ptr<Event>> events;
    std::vector<ChangedParent> parents;  // in the order in which they were reached
    std::unordered_map<TypeIndex, std::size_t> places;
  };

  [[nodiscard]] bool is_live(TypeIndex type) const noexcept;
  void prepare_changed(Transaction& transaction);
  void call_type_observers(Transaction& transaction, Calls& calls);
  void add_to_parents(Calls& calls, Event& event, TypeIndex type) const;
  void call_deep_observers(Transaction& transaction, Calls& calls);
  void announce_destroyed(std::uint32_t record);
  void call_deep(Transaction& transaction, TypeIndex type, std::vector<Event*> events);

  Doc& doc_;
  ObserverId next_id_{1};
  std::unordered_map<TypeIndex, Handlers<EventHandler>> observers_;
  std::unordered_map<TypeIndex, Handlers<DeepEventHandler>> deep_observers_;
  Handlers<SubdocumentHandler> subdocument_observers_;
  std::unordered_set<std::uint32_t> destroyed_;  // subdocuments whose end was announced
  std::vector<TransactionListener*> listeners_;
  std::unique_ptr<TransactionEvents> transaction_events_;
  std::vector<ClientIndex> deletion_order_;  // of the transaction that is being ended
  std::uint64_t next_origin_{std::uint64_t{1} << 62U};
  edit::FormatSources sources_;
};

namespace edit {

// Whether a unit was deleted by a transaction, which must have ended.
[[nodiscard]] bool is_deleted_in(const BlockStore& store, const Transaction& transaction,
                                 LocalId id) noexcept;

// The origin of transactions that only look: Yjs's 'cleanup'.
inline constexpr TransactionOrigin kCleanupOrigin{(std::uint64_t{1} << 62U) - 1};

// Runs `change(Edit&)` in the open transaction of the document, or in one of its own.
template <class Change>
void with_edit(Doc& doc, Change&& change, TransactionOrigin transaction_origin = {}) {
  doc.transact(
      [&](Transaction& transaction) {
        BlockStore& store = doc.store();
        Edit edit(store, transaction, store.intern_client(doc.client_id()),
                  TypeSystem::of(doc).sources());
        change(edit);
      },
      transaction_origin);
}

}  // namespace edit

}  // namespace ycpp
