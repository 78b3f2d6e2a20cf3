// What providers say of a document: whether its content was loaded and is in sync.
#include "ycpp/doc/doc_state.h"

namespace ycpp {

bool Doc::is_loaded() const noexcept { return state_->is_loaded; }

bool Doc::is_synced() const noexcept { return state_->is_synced; }

void Doc::set_loaded() {
  state_->is_loaded = true;
  // A handler may add and remove handlers.
  const auto handlers = state_->load_handlers;
  for (const auto& [id, handler] : handlers) (*handler)(*this);
}

void Doc::set_synced(bool is_synced) {
  state_->is_synced = is_synced;
  if (is_synced && !state_->is_loaded) set_loaded();
  const auto handlers = state_->sync_handlers;
  for (const auto& [id, handler] : handlers) (*handler)(is_synced, *this);
}

SubscriptionId Doc::on_load(DocHandler handler) {
  const SubscriptionId id = next_subscription();
  state_->load_handlers.emplace_back(id, std::make_shared<DocHandler>(std::move(handler)));
  return id;
}

SubscriptionId Doc::on_sync(SyncHandler handler) {
  const SubscriptionId id = next_subscription();
  state_->sync_handlers.emplace_back(id, std::make_shared<SyncHandler>(std::move(handler)));
  return id;
}

}  // namespace ycpp
