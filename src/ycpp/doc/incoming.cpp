#include "ycpp/doc/incoming.h"

#include <algorithm>
#include <unordered_map>

namespace ycpp {

namespace {

// What each client will have at most once the update is integrated.
class Reach {
 public:
  Reach(const BlockStore& store, const IncomingUpdate& update) : store_(store) {
    for (const IncomingSection& section : update.sections) {
      Clock& end = ends_[section.client];
      end = std::max(end, update.structs[section.end - 1].end());
    }
  }

  [[nodiscard]] bool has(const LocalId& id) const {
    if (!id.is_set() || id.clock < store_.clients[id.client].state) return true;
    const auto end = ends_.find(id.client);
    return end != ends_.end() && id.clock < end->second;
  }

 private:
  const BlockStore& store_;
  std::unordered_map<ClientIndex, Clock> ends_;
};

}  // namespace

Waiting find_waiting(const BlockStore& store, const IncomingUpdate& update) {
  const Reach reach(store, update);
  Waiting waiting;
  const auto follows_gap = [&](const IncomingSection& section) {
    return update.structs[section.begin].clock > store.clients[section.client].state;
  };
  const auto lacks_neighbour = [&](const IncomingStruct& item) {
    return !reach.has(item.origin()) || !reach.has(item.right_origin()) ||
           (item.names != kNone && !reach.has(update.names[item.names].parent));
  };
  waiting.structs = std::any_of(update.sections.begin(), update.sections.end(), follows_gap) ||
                    std::any_of(update.structs.begin(), update.structs.end(), lacks_neighbour);
  waiting.deletes = static_cast<std::size_t>(std::count_if(
      update.deletes.begin(), update.deletes.end(),
      [&](const LocalRange& range) { return !reach.has({range.client, range.range.end() - 1}); }));
  return waiting;
}

}  // namespace ycpp
