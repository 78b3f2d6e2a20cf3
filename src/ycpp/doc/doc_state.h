// What a Doc consists of. Engine internal.
#pragma once

#include "ycpp/doc/applier.h"
#include "ycpp/doc/block_store.h"
#include "ycpp/doc/doc.h"
#include "ycpp/doc/encode_v1.h"
#include "ycpp/doc/pending.h"
#include "ycpp/doc/transaction.h"
#include "ycpp/encoding/byte_writer.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace ycpp {

struct UpdateSubscriber {
  SubscriptionId id;
  UpdateFormat format{UpdateFormat::V1};
  std::shared_ptr<UpdateCallback> callback;
};

struct Doc::State {
  explicit State(DocOptions doc_options)
      : options(std::move(doc_options)), store(options.hash_salt) {}

  DocOptions options;
  BlockStore store;
  PendingStructs pending_structs;
  PendingDeletes pending_deletes;
  ApplyScratch scratch;
  IncomingUpdate incoming;
  ByteWriter writer;

  // Transactions that are open or being ended, oldest first; those behind `open` wait for their
  // end.
  std::vector<std::unique_ptr<Transaction>> active;
  std::vector<std::unique_ptr<Transaction>> spare;
  Transaction* open{nullptr};
  // Those that are through, oldest first, while handlers are told so. Such a handler may make
  // others, whose end is told within.
  std::vector<std::vector<std::unique_ptr<Transaction>>> ended;
  std::size_t telling_end{0};
  std::uint64_t last_serial{0};

  std::vector<UpdateSubscriber> subscribers;
  std::uint64_t last_subscription{0};

  template <class Handler>
  using Handlers = std::vector<std::pair<SubscriptionId, std::shared_ptr<Handler>>>;

  bool is_loaded{false};
  bool is_synced{false};
  Handlers<DocHandler> load_handlers;
  Handlers<SyncHandler> sync_handlers;
  std::unique_ptr<DocListener> listener;
};

// Begins and ends transactions.
class DocTransactions {
 public:
  explicit DocTransactions(Doc& doc) noexcept : doc_(doc), state_(*doc.state_) {}

  Transaction& begin(TransactionOrigin transaction_origin, bool local);
  void end();

  // Tells of an update that took effect as it is, without a transaction.
  void send_applied(ByteView update, UpdateFormat format, TransactionOrigin transaction_origin);

 private:
  void clean_up(std::size_t index);
  void tell_end_of_all();
  void collect(const Transaction& transaction);
  [[nodiscard]] bool needs_type_system(const Transaction& transaction) const;
  void replace_client_id(const Transaction& transaction);
  void send_updates(std::size_t index);
  void send(UpdateFormat format, const UpdateEvent& event);
  [[nodiscard]] bool is_wanted(UpdateFormat format) const noexcept;
  [[nodiscard]] std::vector<EncodeFrom> changes_since(std::size_t index) const;

  Doc& doc_;
  Doc::State& state_;
};

}  // namespace ycpp
