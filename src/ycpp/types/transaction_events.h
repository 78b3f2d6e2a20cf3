// The handlers of transactions that a document has: Doc::on_before_transaction() and the like.
// Engine internal.
#pragma once

#include "ycpp/doc/doc.h"
#include "ycpp/types/type_system.h"

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ycpp {

enum class TransactionMoment : std::uint8_t { Before, BeforeObservers, AfterCleanup };

class TransactionEvents {
 public:
  // `types` outlives this.
  explicit TransactionEvents(TypeSystem& types) noexcept;
  TransactionEvents(const TransactionEvents&) = delete;
  TransactionEvents& operator=(const TransactionEvents&) = delete;
  TransactionEvents(TransactionEvents&&) = delete;
  TransactionEvents& operator=(TransactionEvents&&) = delete;
  ~TransactionEvents();

  void add(SubscriptionId id, TransactionMoment moment, TransactionHandler handler);
  // Called in one row with the undo managers, in the order in which they came.
  void add_after(SubscriptionId id, TransactionHandler handler);
  void add_before_all(SubscriptionId id, DocHandler handler);
  void add_after_all(SubscriptionId id, TransactionsHandler handler);
  void remove(SubscriptionId id);

  [[nodiscard]] bool empty() const noexcept;

  void before_all(Doc& doc);
  void call(TransactionMoment moment, Transaction& transaction);
  void after_all(Doc& doc, std::span<Transaction* const> transactions);

 private:
  class AfterListener;

  // Handlers may add and remove handlers, themselves too. Those that are there when a call begins
  // are called, as in Yjs; after a transaction not those that an earlier one takes away.
  struct AtMoment {
    SubscriptionId id;
    TransactionMoment moment{TransactionMoment::Before};
    std::shared_ptr<TransactionHandler> handler;
  };

  template <class Handler>
  using Handlers = std::vector<std::pair<SubscriptionId, Handler>>;

  TypeSystem& types_;
  std::vector<AtMoment> at_moments_;
  Handlers<std::unique_ptr<AfterListener>> after_;
  Handlers<std::shared_ptr<DocHandler>> before_all_;
  Handlers<std::shared_ptr<TransactionsHandler>> after_all_;
};

}  // namespace ycpp
