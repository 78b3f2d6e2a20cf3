// Doc: a Yjs document. Applies updates, tells what changed, and encodes what others lack.
//
// Not thread safe; one document belongs to one thread at a time. Nothing here reads a clock or
// draws a random number: the client id and everything else comes in through DocOptions.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/doc/transaction.h"
#include "ycpp/encoding/any.h"
#include "ycpp/id.h"
#include "ycpp/state_vector.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ycpp {

class BlockStore;
class DeletedItem;
class DocListener;

class Doc;
class Text;
class Array;
class Map;
class XmlFragment;
class XmlElement;

struct DocOptions {
  // The replica that local edits are made by. Must differ from that of every other replica.
  ClientId client_id{};
  // Whether the content of what is deleted is given up at the end of a transaction.
  bool gc{true};
  // Asked before the content of something deleted is given up; false keeps it. What is inside a
  // type whose content is given up goes with that. Must not change the document.
  std::function<bool(const DeletedItem&)> gc_filter;
  std::string guid;
  std::string collection_id;
  Any meta{Null{}};
  bool auto_load{false};
  bool should_load{true};
  // Called for a new client id when an update shows that another replica uses ours. Without it the
  // new one is derived from the old one.
  std::move_only_function<ClientId()> new_client_id;
  // A secret of the host against peers that choose ids to make tables slow.
  std::uint64_t hash_salt{0};
  // How many blocks an update may pass while the places of its items among concurrent ones are
  // looked for: that work can grow with the square of the items. A second or so of one processor.
  std::uint64_t conflict_steps_max{std::uint64_t{1} << 27U};
};

// What an update callback is told.
struct UpdateEvent {
  ByteView update;  // valid during the call
  TransactionOrigin transaction_origin;
  bool local{true};
};

using UpdateCallback = std::move_only_function<void(const UpdateEvent&)>;
using SubscriptionId = runnel::NumberId<struct SubscriptionIdTag>;

using DocHandler = std::move_only_function<void(Doc&)>;
using TransactionHandler = std::move_only_function<void(Transaction&)>;
using SyncHandler = std::move_only_function<void(bool is_synced, Doc&)>;
using TransactionsHandler = std::move_only_function<void(Doc&, std::span<Transaction* const>)>;

class Doc {
 public:
  Doc();
  explicit Doc(DocOptions options);
  Doc(const Doc&) = delete;
  Doc& operator=(const Doc&) = delete;
  Doc(Doc&&) = delete;
  Doc& operator=(Doc&&) = delete;
  ~Doc();

  // ---- updates ----

  // Brings an update into the document; V1 and V2 are told apart by their bytes. An update that is
  // refused (Malformed, or LimitExceeded when too much would have to wait or its items conflict
  // with too many others) leaves the document as it was. One that depends on others which are not
  // here yet is kept and takes effect with them.
  Result<void> apply_update(ByteView update, TransactionOrigin transaction_origin = {});
  Result<void> apply_update_v1(ByteView update, TransactionOrigin transaction_origin = {});
  Result<void> apply_update_v2(ByteView update, TransactionOrigin transaction_origin = {});

  // Everything that a replica with this state vector lacks, the whole delete set included, as an
  // update. Structs that still wait for others are part of it.
  [[nodiscard]] Bytes encode_state_as_update(const StateVector& target = {});
  [[nodiscard]] Bytes encode_state_as_update_v2(const StateVector& target = {});

  [[nodiscard]] Bytes encode_state_vector();
  [[nodiscard]] StateVector state_vector();
  [[nodiscard]] DeleteSet delete_set();

  // ---- transactions ----

  // Runs `change` as one change: one update event, one round of observers. Inside another
  // transaction it becomes a part of that one.
  template <class Change>
  decltype(auto) transact(Change&& change, TransactionOrigin transaction_origin = {}) {
    const Scope scope(*this, transaction_origin);
    return std::forward<Change>(change)(scope.transaction());
  }

  // The update that a transaction has made, in format V1 or V2. It is called once the transaction
  // has ended and only if it changed something; it may change the document.
  SubscriptionId on_update(UpdateCallback callback);
  SubscriptionId on_update_v2(UpdateCallback callback);

  // The way of a change, in this order. Transactions that handlers make while one ends are ended
  // one after another when that is through.
  //
  // The first transaction begins, and no other one is under way.
  SubscriptionId on_before_all_transactions(DocHandler handler);
  SubscriptionId on_before_transaction(TransactionHandler handler);
  // The change is made, and no observer has been told.
  SubscriptionId on_before_observer_calls(TransactionHandler handler);
  // Observers of types have been told. Undo managers take note at this moment, too.
  SubscriptionId on_after_transaction(TransactionHandler handler);
  // Deleted content has been given up and blocks have been joined; update events follow.
  SubscriptionId on_after_transaction_cleanup(TransactionHandler handler);
  // No transaction is left: those that there were, oldest first.
  SubscriptionId on_after_all_transactions(TransactionsHandler handler);

  // Removes a handler of any kind; no effect for one that is not there.
  void unsubscribe(SubscriptionId subscription);

  // ---- root types; defined in types/ ----

  [[nodiscard]] Text get_text(std::string_view name);
  [[nodiscard]] Array get_array(std::string_view name);
  [[nodiscard]] Map get_map(std::string_view name);
  [[nodiscard]] XmlFragment get_xml_fragment(std::string_view name);
  [[nodiscard]] XmlElement get_xml_element(std::string_view name);

  // ---- properties ----

  [[nodiscard]] ClientId client_id() const noexcept;
  void set_client_id(ClientId client);
  [[nodiscard]] const DocOptions& options() const noexcept;

  // ---- loading; what the application's providers say of it, the document itself does not know
  // ----

  // Whether its content is here (Yjs: isLoaded), and is that of the others (Yjs: isSynced).
  [[nodiscard]] bool is_loaded() const noexcept;
  [[nodiscard]] bool is_synced() const noexcept;
  // Yjs: emit("load"), emit("sync"). Who is synced has loaded, too.
  void set_loaded();
  void set_synced(bool is_synced);
  SubscriptionId on_load(DocHandler handler);
  SubscriptionId on_sync(SyncHandler handler);

  // ---- memory ----

  // Bytes of memory that the document takes, without observers. O(clients + types).
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  // Bytes of structs and deletions that wait for others.
  [[nodiscard]] std::size_t pending_bytes() const noexcept;

  // Gives back memory that was kept for growth.
  void shrink_to_fit();

  // ---- for the engine's other parts ----

  // A transaction that ends with the scope, unless it is part of one that was open before.
  class Scope {
   public:
    Scope(Doc& doc, TransactionOrigin transaction_origin, bool local = true);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    Scope(Scope&&) = delete;
    Scope& operator=(Scope&&) = delete;
    ~Scope();

    [[nodiscard]] Transaction& transaction() const noexcept { return *transaction_; }

   private:
    Doc& doc_;
    bool is_outermost_;
    Transaction* transaction_;
  };

  [[nodiscard]] BlockStore& store() noexcept;
  [[nodiscard]] const BlockStore& store() const noexcept;

  // The open transaction, or nullptr.
  [[nodiscard]] Transaction* open_transaction() noexcept;

  // State of a client before `transaction`, which is open or just being ended.
  [[nodiscard]] Clock state_before(const Transaction& transaction,
                                   ClientIndex client) const noexcept {
    return state_in_front_of(transaction, 0, client);
  }

  // State of a client when only the first `count` transactions from `transaction` on had begun.
  [[nodiscard]] Clock state_in_front_of(const Transaction& transaction, std::size_t count,
                                        ClientIndex client) const noexcept;

  // What computes events and looks after formatting; there is one, it belongs to the document.
  void set_listener(std::unique_ptr<DocListener> listener);
  [[nodiscard]] DocListener* listener() noexcept;

 private:
  struct State;
  friend class DocTransactions;

  [[nodiscard]] bool apply_fast(ByteView update, UpdateFormat format,
                                TransactionOrigin transaction_origin);
  Result<void> apply_slowly_v1(ByteView update, TransactionOrigin transaction_origin);
  Result<void> apply_slowly_v2(ByteView update, TransactionOrigin transaction_origin);
  Result<void> apply_decoded(Result<void> decoded, std::size_t update_bytes,
                             ClientIndex client_count, TransactionOrigin transaction_origin);
  [[nodiscard]] Result<void> check_limits(std::size_t update_bytes) const;
  SubscriptionId subscribe(UpdateFormat format, UpdateCallback callback);
  [[nodiscard]] SubscriptionId next_subscription() noexcept;
  [[nodiscard]] bool may_collect(BlockIndex block);

  std::unique_ptr<State> state_;
};

// The layer of types, as the document calls it while a transaction ends. Every call may open new
// transactions; they are ended one after another when this one is through.
class DocListener {
 public:
  DocListener() = default;
  DocListener(const DocListener&) = delete;
  DocListener& operator=(const DocListener&) = delete;
  DocListener(DocListener&&) = delete;
  DocListener& operator=(DocListener&&) = delete;
  virtual ~DocListener() = default;

  // Whether anything below needs to be called for transactions of updates. While false, the fast
  // paths may skip building a Transaction.
  [[nodiscard]] virtual bool wants_transactions() const noexcept = 0;

  // Whether anybody hears of transactions as such. While not, the calls marked * are left out.
  bool hears_transactions{false};

  // * `is_first`: no other one is under way. Yjs's beforeAllTransactions, beforeTransaction.
  virtual void before_transaction(Transaction& transaction, bool is_first) = 0;
  // The change is made; `deletes` is still in the order in which it happened.
  virtual void before_cleanup(const Transaction& transaction) = 0;
  // `deletes` is sorted and Touched::after set; nothing is collected or joined yet. Yjs's
  // beforeObserverCalls, the observers of types (deep ones last), afterTransaction, and then, if
  // Transaction::needs_formatting_cleanup, the clean-up in a transaction of its own.
  virtual void call_observers(Transaction& transaction) = 0;
  // * Blocks are collected and joined. Yjs's afterTransactionCleanup; update events follow.
  virtual void after_cleanup(Transaction& transaction) = 0;
  // Update events are sent. Yjs's `subdocs`.
  virtual void after_updates(Transaction& transaction) = 0;
  // * No transaction is left. Yjs's afterAllTransactions.
  virtual void after_all_transactions(std::span<Transaction* const> transactions) = 0;

  virtual void unsubscribe(SubscriptionId subscription) = 0;
};

// The layer of types of a document; defined in types/.
[[nodiscard]] std::unique_ptr<DocListener> make_type_system(Doc& doc);

}  // namespace ycpp
