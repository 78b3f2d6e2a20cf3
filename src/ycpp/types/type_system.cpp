#include "ycpp/types/type_system.h"

#include "ycpp/types/formatting_cleanup.h"
#include "ycpp/types/search_markers.h"
#include "ycpp/types/transaction_events.h"

#include <algorithm>
#include <map>

namespace ycpp {

TypeSystem::TypeSystem(Doc& doc) noexcept : doc_(doc) {}

TypeSystem::~TypeSystem() = default;

TypeSystem& TypeSystem::of(Doc& doc) {
  if (doc.listener() == nullptr) doc.set_listener(make_type_system(doc));
  // Nobody else makes listeners.
  return static_cast<TypeSystem&>(*doc.listener());
}

std::unique_ptr<DocListener> make_type_system(Doc& doc) {
  return std::make_unique<TypeSystem>(doc);
}

ObserverId TypeSystem::add_observer(TypeIndex type, EventHandler handler) {
  const ObserverId id = next_id_++;
  observers_[type].emplace_back(id, std::make_shared<const EventHandler>(std::move(handler)));
  return id;
}

ObserverId TypeSystem::add_deep_observer(TypeIndex type, DeepEventHandler handler) {
  const ObserverId id = next_id_++;
  deep_observers_[type].emplace_back(id,
                                     std::make_shared<const DeepEventHandler>(std::move(handler)));
  return id;
}

void TypeSystem::remove_observer(TypeIndex type, ObserverId id) {
  const auto has_id = [id](const auto& handler) { return handler.first == id; };
  if (const auto found = observers_.find(type); found != observers_.end()) {
    std::erase_if(found->second, has_id);
    if (found->second.empty()) observers_.erase(found);
  }
  if (const auto found = deep_observers_.find(type); found != deep_observers_.end()) {
    std::erase_if(found->second, has_id);
    if (found->second.empty()) deep_observers_.erase(found);
  }
}

void TypeSystem::remove_listener(TransactionListener& listener) {
  std::erase(listeners_, &listener);
}

bool TypeSystem::is_live(TypeIndex type) const noexcept {
  const BlockStore& store = doc_.store();
  const BlockIndex item = store.types[type].item;
  return item == kNone || !edit::is_deleted(store, item);
}

bool TypeSystem::wants_transactions() const noexcept {
  return !observers_.empty() || !deep_observers_.empty() || !listeners_.empty() ||
         !subdocument_observers_.empty() || (transaction_events_ && !transaction_events_->empty());
}

TransactionEvents& TypeSystem::transaction_events() {
  if (!transaction_events_) transaction_events_ = std::make_unique<TransactionEvents>(*this);
  hears_transactions = true;
  return *transaction_events_;
}

void TypeSystem::before_transaction(Transaction& transaction, bool is_first) {
  if (is_first) transaction_events_->before_all(doc_);
  transaction_events_->call(TransactionMoment::Before, transaction);
}

void TypeSystem::after_cleanup(Transaction& transaction) {
  transaction_events_->call(TransactionMoment::AfterCleanup, transaction);
}

void TypeSystem::after_all_transactions(std::span<Transaction* const> transactions) {
  transaction_events_->after_all(doc_, transactions);
}

void TypeSystem::unsubscribe(SubscriptionId subscription) {
  if (transaction_events_) transaction_events_->remove(subscription);
}

void TypeSystem::before_cleanup(const Transaction& transaction) {
  deletion_order_.clear();
  if (listeners_.empty() && transaction.local) return;
  std::unordered_set<ClientIndex> known;
  for (const LocalRange& range : transaction.deletes) {
    const bool is_again = !deletion_order_.empty() && deletion_order_.back() == range.client;
    if (!is_again && known.insert(range.client).second) deletion_order_.push_back(range.client);
  }
}

void TypeSystem::call_observers(Transaction& transaction) {
  if (transaction_events_) {
    transaction_events_->call(TransactionMoment::BeforeObservers, transaction);
  }
  prepare_changed(transaction);
  if (!observers_.empty() || !deep_observers_.empty() || !listeners_.empty()) {
    Calls calls;
    call_type_observers(transaction, calls);
    call_deep_observers(transaction, calls);
    const std::vector<TransactionListener*> listeners = listeners_;
    const std::vector<ClientIndex> deletion_order = deletion_order_;
    for (TransactionListener* listener : listeners) {
      // An earlier one may have taken it away.
      if (std::ranges::find(listeners_, listener) == listeners_.end()) continue;
      listener->after_transaction(transaction, calls.parents, deletion_order);
    }
  }
  if (transaction.needs_formatting_cleanup) {
    edit::clean_up_formatting(doc_, transaction, deletion_order_);
  }
}

// What Yjs does for every changed type, whether somebody observes it or not.
void TypeSystem::prepare_changed(Transaction& transaction) {
  if (transaction.local) return;
  for (const ChangedType& changed : transaction.changed) {
    if (changed.type == kNone || !is_live(changed.type)) continue;
    const TypeNode& node = doc_.store().types[changed.type];
    if (node.markers) node.markers->clear();
    const bool is_text = node.kind == TypeKind::Text || node.kind == TypeKind::XmlText;
    if (is_text && node.has_formatting) transaction.needs_formatting_cleanup = true;
  }
}

void TypeSystem::call_type_observers(Transaction& transaction, Calls& calls) {
  // A handler may begin transactions, but nothing changes the list of this one any more.
  for (const ChangedType& changed : transaction.changed) {
    if (changed.type == kNone || !is_live(changed.type)) continue;
    if (doc_.store().types[changed.type].kind == TypeKind::Untyped) continue;
    Event& event = *calls.events.emplace_back(std::make_unique<Event>(doc_, transaction, changed));
    add_to_parents(calls, event, changed.type);
    const auto found = observers_.find(changed.type);
    if (found == observers_.end()) continue;
    const Handlers<EventHandler> handlers = found->second;
    for (const auto& handler : handlers) (*handler.second)(event, transaction);
  }
}

void TypeSystem::add_to_parents(Calls& calls, Event& event, TypeIndex type) const {
  const BlockStore& store = doc_.store();
  while (true) {
    const auto [place, is_new] = calls.places.try_emplace(type, calls.parents.size());
    if (is_new) calls.parents.push_back({type, {}});
    calls.parents[place->second].events.push_back(&event);
    const BlockIndex item = store.types[type].item;
    if (item == kNone) return;
    type = store.parent_type(item);
  }
}

void TypeSystem::call_deep_observers(Transaction& transaction, Calls& calls) {
  if (deep_observers_.empty()) return;
  // Which types are called is settled before the first handler runs, as in Yjs.
  std::vector<const ChangedParent*> called;
  for (const ChangedParent& parent : calls.parents) {
    if (deep_observers_.contains(parent.type) && is_live(parent.type)) called.push_back(&parent);
  }
  for (const ChangedParent* parent : called) call_deep(transaction, parent->type, parent->events);
}

void TypeSystem::call_deep(Transaction& transaction, TypeIndex type, std::vector<Event*> events) {
  std::erase_if(events, [&](const Event* event) { return !is_live(event->target().index()); });
  // Outer types first; of equal depth in the order in which they changed.
  std::map<std::size_t, std::vector<Event*>> by_depth;
  for (Event* event : events) {
    event->set_current_target(type);
    by_depth[event->path().size()].push_back(event);
  }
  events.clear();
  for (const auto& [depth, level] : by_depth) {
    events.insert(events.end(), level.begin(), level.end());
  }
  const auto found = deep_observers_.find(type);
  if (found == deep_observers_.end()) return;
  const Handlers<DeepEventHandler> handlers = found->second;
  for (const auto& handler : handlers) (*handler.second)(events, transaction);
}

ObserverId TypeSystem::add_subdocument_observer(SubdocumentHandler handler) {
  const ObserverId id = next_id_++;
  subdocument_observers_.emplace_back(
      id, std::make_shared<const SubdocumentHandler>(std::move(handler)));
  return id;
}

void TypeSystem::remove_subdocument_observer(ObserverId id) {
  std::erase_if(subdocument_observers_, [id](const auto& handler) { return handler.first == id; });
}

void TypeSystem::after_updates(Transaction& transaction) {
  const bool is_changed = !transaction.subdocuments_added.empty() ||
                          !transaction.subdocuments_removed.empty() ||
                          !transaction.subdocuments_loaded.empty();
  if (!is_changed) return;
  const auto handles = [this](const std::vector<std::uint32_t>& records) {
    std::vector<Subdocument> documents;
    documents.reserve(records.size());
    for (const std::uint32_t record : records) documents.emplace_back(doc_, record);
    return documents;
  };
  const SubdocumentEvent event{.added = handles(transaction.subdocuments_added),
                               .removed = handles(transaction.subdocuments_removed),
                               .loaded = handles(transaction.subdocuments_loaded)};
  const Handlers<SubdocumentHandler> handlers = subdocument_observers_;
  for (const auto& handler : handlers) (*handler.second)(event);
  for (const std::uint32_t record : std::vector(transaction.subdocuments_removed)) {
    // One that is added at the same time was destroyed by the application.
    const auto& added = transaction.subdocuments_added;
    if (std::ranges::find(added, record) == added.end()) announce_destroyed(record);
  }
}

// Yjs destroys a document that is removed, and that is a transaction which removes it once more.
void TypeSystem::announce_destroyed(std::uint32_t record) {
  if (!wants_transactions()) return;
  if (!destroyed_.insert(record).second) return;
  doc_.transact(
      [record](Transaction& transaction) { transaction.subdocuments_removed.push_back(record); });
}

namespace edit {

bool is_deleted_in(const BlockStore& store, const Transaction& transaction, LocalId id) noexcept {
  const ClientId client = store.clients[id.client].id;
  const auto is_behind = [&](LocalId wanted, const LocalRange& range) {
    const ClientId other = store.clients[range.client].id;
    return other < client || (other == client && wanted.clock < range.range.clock);
  };
  const auto& deletes = transaction.deletes;
  const auto next = std::upper_bound(deletes.begin(), deletes.end(), id, is_behind);
  return next != deletes.begin() && std::prev(next)->client == id.client &&
         id.clock < std::prev(next)->range.end();
}

}  // namespace edit

}  // namespace ycpp
