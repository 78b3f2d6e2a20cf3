#include "ycpp/types/transaction_events.h"

namespace ycpp {

class TransactionEvents::AfterListener final : public TransactionListener {
 public:
  AfterListener(TypeSystem& types, TransactionHandler handler)
      : types_(types), handler_(std::make_shared<TransactionHandler>(std::move(handler))) {
    types_.add_listener(*this);
  }

  AfterListener(const AfterListener&) = delete;
  AfterListener& operator=(const AfterListener&) = delete;
  AfterListener(AfterListener&&) = delete;
  AfterListener& operator=(AfterListener&&) = delete;

  ~AfterListener() override { types_.remove_listener(*this); }

  void after_transaction(Transaction& transaction, const std::vector<ChangedParent>& /*parents*/,
                         const std::vector<ClientIndex>& /*deletion_order*/) override {
    // It may take itself away.
    const std::shared_ptr<TransactionHandler> handler = handler_;
    (*handler)(transaction);
  }

 private:
  TypeSystem& types_;
  std::shared_ptr<TransactionHandler> handler_;
};

TransactionEvents::TransactionEvents(TypeSystem& types) noexcept : types_(types) {}

TransactionEvents::~TransactionEvents() = default;

void TransactionEvents::add(SubscriptionId id, TransactionMoment moment,
                            TransactionHandler handler) {
  at_moments_.push_back({id, moment, std::make_shared<TransactionHandler>(std::move(handler))});
}

void TransactionEvents::add_after(SubscriptionId id, TransactionHandler handler) {
  after_.emplace_back(id, std::make_unique<AfterListener>(types_, std::move(handler)));
}

void TransactionEvents::add_before_all(SubscriptionId id, DocHandler handler) {
  before_all_.emplace_back(id, std::make_shared<DocHandler>(std::move(handler)));
}

void TransactionEvents::add_after_all(SubscriptionId id, TransactionsHandler handler) {
  after_all_.emplace_back(id, std::make_shared<TransactionsHandler>(std::move(handler)));
}

void TransactionEvents::remove(SubscriptionId id) {
  std::erase_if(at_moments_, [id](const AtMoment& one) { return one.id == id; });
  const auto has_id = [id](const auto& one) { return one.first == id; };
  std::erase_if(after_, has_id);
  std::erase_if(before_all_, has_id);
  std::erase_if(after_all_, has_id);
}

bool TransactionEvents::empty() const noexcept {
  return at_moments_.empty() && after_.empty() && before_all_.empty() && after_all_.empty();
}

void TransactionEvents::before_all(Doc& doc) {
  const auto handlers = before_all_;
  for (const auto& [id, handler] : handlers) (*handler)(doc);
}

void TransactionEvents::call(TransactionMoment moment, Transaction& transaction) {
  const std::vector<AtMoment> handlers = at_moments_;
  for (const AtMoment& one : handlers) {
    if (one.moment == moment) (*one.handler)(transaction);
  }
}

void TransactionEvents::after_all(Doc& doc, std::span<Transaction* const> transactions) {
  const auto handlers = after_all_;
  for (const auto& [id, handler] : handlers) (*handler)(doc, transactions);
}

SubscriptionId Doc::on_before_all_transactions(DocHandler handler) {
  const SubscriptionId id = next_subscription();
  TypeSystem::of(*this).transaction_events().add_before_all(id, std::move(handler));
  return id;
}

SubscriptionId Doc::on_before_transaction(TransactionHandler handler) {
  const SubscriptionId id = next_subscription();
  TypeSystem::of(*this).transaction_events().add(id, TransactionMoment::Before, std::move(handler));
  return id;
}

SubscriptionId Doc::on_before_observer_calls(TransactionHandler handler) {
  const SubscriptionId id = next_subscription();
  TypeSystem::of(*this).transaction_events().add(id, TransactionMoment::BeforeObservers,
                                                 std::move(handler));
  return id;
}

SubscriptionId Doc::on_after_transaction(TransactionHandler handler) {
  const SubscriptionId id = next_subscription();
  TypeSystem::of(*this).transaction_events().add_after(id, std::move(handler));
  return id;
}

SubscriptionId Doc::on_after_transaction_cleanup(TransactionHandler handler) {
  const SubscriptionId id = next_subscription();
  TypeSystem::of(*this).transaction_events().add(id, TransactionMoment::AfterCleanup,
                                                 std::move(handler));
  return id;
}

SubscriptionId Doc::on_after_all_transactions(TransactionsHandler handler) {
  const SubscriptionId id = next_subscription();
  TypeSystem::of(*this).transaction_events().add_after_all(id, std::move(handler));
  return id;
}

}  // namespace ycpp
