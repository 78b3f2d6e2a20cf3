#include "base/check.h"
#include "base/random_source.h"
#include "ycpp/doc/doc_state.h"
#include "ycpp/doc/encode_state.h"
#include "ycpp/doc/encode_v1.h"
#include "ycpp/doc/transaction_end.h"
#include "ycpp/update/convert.h"

#include <algorithm>
#include <utility>

namespace ycpp {

Transaction& DocTransactions::begin(TransactionOrigin transaction_origin, bool local) {
  std::unique_ptr<Transaction> fresh;
  if (state_.spare.empty()) {
    fresh = std::make_unique<Transaction>();
  } else {
    fresh = std::move(state_.spare.back());
    state_.spare.pop_back();
  }
  fresh->doc = &doc_;
  fresh->serial = ++state_.last_serial;
  fresh->transaction_origin = transaction_origin;
  fresh->local = local;
  state_.store.damaging_cuts.clear();
  state_.active.push_back(std::move(fresh));
  state_.open = state_.active.back().get();
  if (state_.listener && state_.listener->hears_transactions) {
    state_.listener->before_transaction(*state_.open, state_.active.size() == 1);
  }
  return *state_.open;
}

void DocTransactions::end() {
  // A transaction that is made while another one ends waits until that is through.
  const bool is_first = state_.open == state_.active.front().get();
  state_.open = nullptr;
  if (!is_first) return;
  for (std::size_t i = 0; i < state_.active.size(); ++i) clean_up(i);
  if (state_.listener && state_.listener->hears_transactions) return tell_end_of_all();
  constexpr std::size_t kSpareMax = 2;
  for (std::unique_ptr<Transaction>& done : state_.active) {
    if (state_.spare.size() == kSpareMax) break;
    done->reset();
    state_.spare.push_back(std::move(done));
  }
  state_.active.clear();
}

void DocTransactions::tell_end_of_all() {
  state_.ended.push_back(std::exchange(state_.active, {}));
  std::vector<Transaction*> transactions;
  for (const auto& transaction : state_.ended.back()) transactions.push_back(transaction.get());
  ++state_.telling_end;
  state_.listener->after_all_transactions(transactions);
  if (--state_.telling_end == 0) state_.ended.clear();
}

void DocTransactions::clean_up(std::size_t index) {
  Transaction& transaction = *state_.active[index];
  BlockStore& store = state_.store;
  transaction.begun_at_end = state_.active.size() - index;
  if (!state_.listener && needs_type_system(transaction)) {
    state_.listener = make_type_system(doc_);
  }
  if (state_.listener) state_.listener->before_cleanup(transaction);
  sort_deletes(store, transaction.deletes);
  std::erase(transaction.subdocuments_added, kNone);
  for (Transaction::Touched& touched : transaction.touched) {
    touched.after = store.clients[touched.client].state;
  }
  if (state_.listener) state_.listener->call_observers(transaction);
  if (state_.options.gc && transaction.has_garbage) collect(transaction);
  merge_blocks(store, transaction);
  store.compact_heap_if_worthwhile();
  replace_client_id(transaction);
  if (state_.listener && state_.listener->hears_transactions) {
    state_.listener->after_cleanup(transaction);
  }
  if (!transaction.is_empty()) send_updates(index);
  if (state_.listener) state_.listener->after_updates(transaction);
}

void DocTransactions::collect(const Transaction& transaction) {
  if (!state_.options.gc_filter) return collect_garbage(state_.store, transaction);
  collect_garbage(state_.store, transaction,
                  [this](BlockIndex block) { return doc_.may_collect(block); });
}

// Formats that others put into a text may have to be cleaned up, also where nobody opened a type.
bool DocTransactions::needs_type_system(const Transaction& transaction) const {
  if (transaction.local) return false;
  return std::any_of(
      transaction.changed.begin(), transaction.changed.end(), [this](const ChangedType& changed) {
        if (changed.type == kNone) return false;
        const TypeNode& node = state_.store.types[changed.type];
        const bool is_text = node.kind == TypeKind::Text || node.kind == TypeKind::XmlText;
        return is_text && node.has_formatting;
      });
}

void DocTransactions::replace_client_id(const Transaction& transaction) {
  if (transaction.local) return;
  const ClientIndex own = state_.store.find_client(state_.options.client_id);
  const bool is_taken =
      std::any_of(transaction.touched.begin(), transaction.touched.end(),
                  [own](const Transaction::Touched& touched) { return touched.client == own; });
  if (!is_taken) return;
  if (state_.options.new_client_id) {
    state_.options.client_id = state_.options.new_client_id();
    return;
  }
  // Yjs draws 32 random bits; the same range, from the id that is taken and what is known of it.
  runnel::SeededRandom mix(state_.options.client_id.value() ^
                           (state_.store.clients[own].state << 32U));
  constexpr std::uint64_t kClientIds = std::uint64_t{1} << 32U;
  state_.options.client_id = ClientId{mix.below(kClientIds)};
}

// Clients with blocks that are newer than the beginning of the transaction. Blocks of transactions
// that began since are among them, as in Yjs.
std::vector<EncodeFrom> DocTransactions::changes_since(std::size_t index) const {
  std::vector<EncodeFrom> clients;
  for (std::size_t i = index; i < state_.active.size(); ++i) {
    for (const Transaction::Touched& touched : state_.active[i]->touched) {
      const bool is_known =
          i > index && std::any_of(clients.begin(), clients.end(), [&](const EncodeFrom& from) {
            return from.client == touched.client;
          });
      if (!is_known) clients.push_back({touched.client, touched.before});
    }
  }
  std::sort(clients.begin(), clients.end(), [this](const EncodeFrom& a, const EncodeFrom& b) {
    return state_.store.clients[a.client].id > state_.store.clients[b.client].id;
  });
  return clients;
}

bool DocTransactions::is_wanted(UpdateFormat format) const noexcept {
  return std::any_of(state_.subscribers.begin(), state_.subscribers.end(),
                     [format](const UpdateSubscriber& one) { return one.format == format; });
}

void DocTransactions::send_updates(std::size_t index) {
  const Transaction& transaction = *state_.active[index];
  UpdateEvent event{.update = {},
                    .transaction_origin = transaction.transaction_origin,
                    .local = transaction.local};
  if (is_wanted(UpdateFormat::V1)) {
    // The callback may change the document, which writes the next update while this one is read.
    ByteWriter writer = std::exchange(state_.writer, ByteWriter{});
    writer.clear();
    write_sections_v1(writer, state_.store, changes_since(index));
    write_deletes(writer, UpdateFormat::V1, state_.store, transaction.deletes);
    event.update = writer.view();
    send(UpdateFormat::V1, event);
    state_.writer = std::move(writer);
  }
  if (is_wanted(UpdateFormat::V2)) {
    const Bytes update = encode_update_v2(state_.store, changes_since(index), transaction.deletes);
    event.update = update;
    send(UpdateFormat::V2, event);
  }
}

void DocTransactions::send_applied(ByteView update, UpdateFormat format,
                                   TransactionOrigin transaction_origin) {
  const UpdateEvent as_it_is{
      .update = update, .transaction_origin = transaction_origin, .local = false};
  for (const UpdateFormat wanted : {UpdateFormat::V1, UpdateFormat::V2}) {
    if (wanted == format) {
      send(wanted, as_it_is);
      continue;
    }
    if (!is_wanted(wanted)) continue;
    const Result<Bytes> converted = convert_update_format(update, format, wanted);
    RUNNEL_CHECK(converted.has_value());
    UpdateEvent event = as_it_is;
    event.update = *converted;
    send(wanted, event);
  }
}

void DocTransactions::send(UpdateFormat format, const UpdateEvent& event) {
  // A callback may subscribe and unsubscribe.
  for (std::size_t i = 0; i < state_.subscribers.size(); ++i) {
    if (state_.subscribers[i].format != format) continue;
    const std::shared_ptr<UpdateCallback> callback = state_.subscribers[i].callback;
    (*callback)(event);
  }
}

}  // namespace ycpp
