#include "ycpp/doc/incoming.h"

#include <algorithm>
#include <span>
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

  [[nodiscard]] bool has(const LocalId& id) {
    if (!id.is_set()) return true;
    if (id.client != last_client_) {
      const auto end = ends_.find(id.client);
      last_client_ = id.client;
      last_end_ = std::max(store_.clients[id.client].state, end == ends_.end() ? 0 : end->second);
    }
    return id.clock < last_end_;
  }

 private:
  const BlockStore& store_;
  std::unordered_map<ClientIndex, Clock> ends_;
  // Of the client that was asked for last, which is mostly the next one too.
  ClientIndex last_client_{kNone};
  Clock last_end_{0};
};

}  // namespace

void IncomingUpdate::expect_structs(std::uint64_t count, std::size_t bytes_left) {
  constexpr std::size_t kTypicalBytes = 8;
  const std::size_t more = std::min<std::uint64_t>(count, bytes_left / kTypicalBytes);
  // Growth stays geometric for an update of many small sections.
  if (more <= structs.capacity() - structs.size()) return;
  structs.reserve(structs.size() + std::max(more, structs.size() / 2));
}

Waiting find_waiting(const BlockStore& store, const IncomingUpdate& update) {
  Reach reach(store, update);
  Waiting waiting;
  const auto follows_gap = [&](const IncomingSection& section) {
    return update.structs[section.begin].clock > store.clients[section.client].state;
  };
  const auto lacks_neighbour = [&](const IncomingSection& section) {
    // A reference to its own client is one to an earlier unit, which is there if no gap is.
    const auto is_missing = [&](const LocalId& id) {
      return id.client != section.client && !reach.has(id);
    };
    const std::span structs(update.structs);
    const auto own = structs.subspan(section.begin, section.end - section.begin);
    return std::any_of(own.begin(), own.end(), [&](const IncomingStruct& item) {
      return is_missing(item.origin()) || is_missing(item.right_origin()) ||
             (item.names != kNone && is_missing(update.names[item.names].parent));
    });
  };
  waiting.structs = std::any_of(update.sections.begin(), update.sections.end(), follows_gap) ||
                    std::any_of(update.sections.begin(), update.sections.end(), lacks_neighbour);
  waiting.deletes = static_cast<std::size_t>(std::count_if(
      update.deletes.begin(), update.deletes.end(),
      [&](const LocalRange& range) { return !reach.has({range.client, range.range.end() - 1}); }));
  return waiting;
}

}  // namespace ycpp
