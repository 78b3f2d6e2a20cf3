#include "ycpp/doc/doc.h"

#include "base/limits.h"
#include "ycpp/doc/decode_v1.h"
#include "ycpp/doc/decode_v2.h"
#include "ycpp/doc/doc_state.h"
#include "ycpp/doc/encode_state.h"
#include "ycpp/doc/fast_path.h"
#include "ycpp/update/format.h"

#include <algorithm>
#include <utility>

namespace ycpp {

Doc::Doc() : Doc(DocOptions{}) {}

Doc::Doc(DocOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Doc::~Doc() = default;

Doc::Scope::Scope(Doc& doc, TransactionOrigin transaction_origin, bool local)
    : doc_(doc),
      is_outermost_(doc.state_->open == nullptr),
      transaction_(is_outermost_ ? &DocTransactions(doc).begin(transaction_origin, local)
                                 : doc.state_->open) {
  if (!local) transaction_->local = false;
}

Doc::Scope::~Scope() {
  if (is_outermost_) DocTransactions(doc_).end();
}

Result<void> Doc::apply_update(ByteView update, TransactionOrigin transaction_origin) {
  if (apply_fast(update, FastPath::guess_format(update), transaction_origin)) return {};
  // A V2 update starts with the flag 0, a V1 update only if it brings nothing but deletions.
  if (update.empty() || update[0] != 0) return apply_slowly_v1(update, transaction_origin);
  if (!is_canonical_v1_deletes(update)) {
    // Reading it as V2 tells whether it is that, and is what there is to do then.
    const auto client_count = static_cast<ClientIndex>(state_->store.clients.size());
    UpdateDecoderV2 decoder(update);
    Result<void> decoded =
        decode_update_v2(decoder, update.size(), state_->store, state_->incoming);
    if (decoded && decoder.rest().at_end()) {
      return apply_decoded(std::move(decoded), update.size(), client_count, transaction_origin);
    }
    state_->store.forget_clients_from(client_count);
  }
  switch (RUNNEL_TRY(recognise_update_format(update))) {
    case UpdateFormat::V1:
      return apply_slowly_v1(update, transaction_origin);
    case UpdateFormat::V2:
      return apply_slowly_v2(update, transaction_origin);
  }
  return {};
}

Result<void> Doc::apply_update_v1(ByteView update, TransactionOrigin transaction_origin) {
  if (apply_fast(update, UpdateFormat::V1, transaction_origin)) return {};
  return apply_slowly_v1(update, transaction_origin);
}

Result<void> Doc::apply_update_v2(ByteView update, TransactionOrigin transaction_origin) {
  if (apply_fast(update, UpdateFormat::V2, transaction_origin)) return {};
  return apply_slowly_v2(update, transaction_origin);
}

Result<void> Doc::apply_slowly_v1(ByteView update, TransactionOrigin transaction_origin) {
  const auto client_count = static_cast<ClientIndex>(state_->store.clients.size());
  return apply_decoded(decode_update_v1(update, state_->store, state_->incoming), update.size(),
                       client_count, transaction_origin);
}

Result<void> Doc::apply_slowly_v2(ByteView update, TransactionOrigin transaction_origin) {
  const auto client_count = static_cast<ClientIndex>(state_->store.clients.size());
  UpdateDecoderV2 decoder(update);
  return apply_decoded(decode_update_v2(decoder, update.size(), state_->store, state_->incoming),
                       update.size(), client_count, transaction_origin);
}

bool Doc::apply_fast(ByteView update, UpdateFormat format, TransactionOrigin transaction_origin) {
  State& state = *state_;
  const bool is_quiet = state.active.empty() && state.pending_structs.empty() &&
                        state.pending_deletes.empty() && !state.options.gc_filter &&
                        (!state.listener || !state.listener->wants_transactions());
  if (!is_quiet) return false;
  FastPath path(state.store, {.gc = state.options.gc, .own_client = state.options.client_id});
  if (!path.apply(update, format)) return false;
  if (!state.subscribers.empty()) {
    DocTransactions(*this).send_applied(update, format, transaction_origin);
  }
  return true;
}

Result<void> Doc::apply_decoded(Result<void> decoded, std::size_t update_bytes,
                                ClientIndex client_count, TransactionOrigin transaction_origin) {
  State& state = *state_;
  if (decoded) decoded = check_limits(update_bytes);
  if (!decoded) {
    state.store.forget_clients_from(client_count);
    return decoded;
  }
  // What a transaction has changed before cannot be told from what an update would have to take
  // back, so an update inside another transaction is not limited.
  const bool is_alone = state.open == nullptr;
  Result<void> applied;
  {
    const Scope scope(*this, transaction_origin, false);
    Applier applier(state.store, scope.transaction(), state.pending_structs, state.pending_deletes,
                    state.scratch);
    if (is_alone) applier.limit_steps(state.options.conflict_steps_max);
    applied = applier.apply(state.incoming);
    state.incoming.release();
  }
  if (!applied) state.store.forget_clients_from(client_count);
  return applied;
}

Result<void> Doc::check_limits(std::size_t update_bytes) const {
  const State& state = *state_;
  if (!state.store.heap.can_hold(state.incoming.content_bytes)) {
    return fail(Errc::LimitExceeded, "applying an update: the document would exceed 2 GiB");
  }
  // Every section and every range may come to wait, and takes memory of its own then.
  constexpr std::size_t kSectionBytes = PendingStructs::kRunBytes + PendingStructs::kClientBytes;
  const std::size_t if_structs_wait = update_bytes + state.incoming.sections.size() * kSectionBytes;
  const std::size_t if_all_waits =
      if_structs_wait + state.incoming.deletes.size() * PendingDeletes::kRangeBytes;
  const std::size_t bytes = pending_bytes();
  if (bytes + if_all_waits <= runnel::limits::kPendingBytes) return {};
  const Waiting waiting = find_waiting(state.store, state.incoming);
  const std::size_t more =
      (waiting.structs ? if_structs_wait : 0) + waiting.deletes * PendingDeletes::kRangeBytes;
  if (more > 0 && bytes + more > runnel::limits::kPendingBytes) {
    return fail(Errc::LimitExceeded,
                "applying an update: too much waits for updates that are not here");
  }
  return {};
}

Bytes Doc::encode_state_as_update(const StateVector& target) {
  return encode_state_v1(state_->store, state_->pending_structs, state_->pending_deletes, target);
}

Bytes Doc::encode_state_as_update_v2(const StateVector& target) {
  return encode_state_v2(state_->store, state_->pending_structs, state_->pending_deletes, target);
}

Bytes Doc::encode_state_vector() { return state_vector().encode(); }

StateVector Doc::state_vector() {
  std::vector<StateVector::Entry> entries;
  for (const ClientIndex client : state_->store.clients_descending()) {
    const ClientRecord& record = state_->store.clients[client];
    entries.push_back({record.id, record.state});
  }
  return StateVector::from_entries(std::move(entries));
}

DeleteSet Doc::delete_set() {
  std::vector<LocalRange> deletes;
  collect_all_deletes(state_->store, deletes);
  std::vector<DeleteSet::Range> ranges;
  ranges.reserve(deletes.size());
  for (const LocalRange& range : deletes) {
    ranges.push_back({state_->store.clients[range.client].id, range.range});
  }
  return DeleteSet::from_ranges(std::move(ranges));
}

SubscriptionId Doc::on_update(UpdateCallback callback) {
  return subscribe(UpdateFormat::V1, std::move(callback));
}

SubscriptionId Doc::on_update_v2(UpdateCallback callback) {
  return subscribe(UpdateFormat::V2, std::move(callback));
}

SubscriptionId Doc::subscribe(UpdateFormat format, UpdateCallback callback) {
  const SubscriptionId id = next_subscription();
  state_->subscribers.push_back(
      {id, format, std::make_shared<UpdateCallback>(std::move(callback))});
  return id;
}

SubscriptionId Doc::next_subscription() noexcept {
  return SubscriptionId{++state_->last_subscription};
}

void Doc::unsubscribe(SubscriptionId subscription) {
  if (state_->listener) state_->listener->unsubscribe(subscription);
  const auto has_id = [subscription](const auto& one) { return one.first == subscription; };
  std::erase_if(state_->load_handlers, has_id);
  std::erase_if(state_->sync_handlers, has_id);
  std::erase_if(state_->subscribers,
                [subscription](const UpdateSubscriber& one) { return one.id == subscription; });
}

ClientId Doc::client_id() const noexcept { return state_->options.client_id; }

void Doc::set_client_id(ClientId client) { state_->options.client_id = client; }

const DocOptions& Doc::options() const noexcept { return state_->options; }

std::size_t Doc::memory_bytes() const noexcept {
  return sizeof(State) + state_->store.memory_bytes() + pending_bytes();
}

std::size_t Doc::pending_bytes() const noexcept {
  return state_->pending_structs.bytes() + state_->pending_deletes.bytes();
}

void Doc::shrink_to_fit() {
  state_->scratch = ApplyScratch{};
  state_->incoming = IncomingUpdate{};
  state_->writer = ByteWriter{};
  state_->spare.clear();
  state_->store.shrink();
}

BlockStore& Doc::store() noexcept { return state_->store; }

const BlockStore& Doc::store() const noexcept { return state_->store; }

Transaction* Doc::open_transaction() noexcept { return state_->open; }

Clock Doc::state_in_front_of(const Transaction& transaction, std::size_t count,
                             ClientIndex client) const noexcept {
  bool is_found = false;
  std::optional<Clock> before;
  const auto look_at = [&](const std::vector<std::unique_ptr<Transaction>>& transactions) {
    for (const std::unique_ptr<Transaction>& one : transactions) {
      if (before.has_value()) return;
      is_found = is_found || one.get() == &transaction;
      if (!is_found) continue;
      if (count > 0) {
        --count;
        continue;
      }
      for (const Transaction::Touched& touched : one->touched) {
        if (touched.client == client) before = touched.before;
      }
    }
  };
  for (const auto& transactions : state_->ended) look_at(transactions);
  look_at(state_->active);
  return before.has_value() ? *before : state_->store.clients[client].state;
}

void Doc::set_listener(std::unique_ptr<DocListener> listener) {
  state_->listener = std::move(listener);
}

DocListener* Doc::listener() noexcept { return state_->listener.get(); }

}  // namespace ycpp
