#include "ycpp/doc/transaction.h"

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/doc.h"

#include <utility>

namespace ycpp {

namespace {

StateVector state_in_front_of(const Transaction& transaction, std::size_t count) {
  const BlockStore& store = transaction.doc->store();
  std::vector<StateVector::Entry> entries;
  for (ClientIndex client = 0; client < store.clients.size(); ++client) {
    const Clock clock = transaction.doc->state_in_front_of(transaction, count, client);
    if (clock > 0) entries.push_back({store.clients[client].id, clock});
  }
  return StateVector::from_entries(std::move(entries));
}

}  // namespace

DeleteSet Transaction::delete_set() const {
  std::vector<DeleteSet::Range> ranges;
  ranges.reserve(deletes.size());
  for (const LocalRange& one : deletes) {
    ranges.push_back({doc->store().clients[one.client].id, one.range});
  }
  return DeleteSet::from_ranges(std::move(ranges));
}

StateVector Transaction::before_state() const { return state_in_front_of(*this, 0); }

StateVector Transaction::after_state() const {
  if (begun_at_end == 0) return {};
  return state_in_front_of(*this, begun_at_end);
}

}  // namespace ycpp
