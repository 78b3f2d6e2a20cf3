#include "runnel/collab/yjs_rooms.h"

#include "runnel/collab/yjs_room.h"

#include <memory>
#include <utility>

namespace runnel::collab {

namespace {

// What all rooms of one factory share; lives as long as the factory or the last of its rooms'
// maker.
struct Shared {
  CollabOptions options;
  CollabDeps deps;
  CollabMetrics own_metrics;  // where the caller does not count
};

}  // namespace

room::HandlerFactory yjs_rooms(CollabOptions options, CollabDeps deps) {
  auto shared = std::make_shared<Shared>();
  shared->options = options;
  shared->deps = std::move(deps);
  if (shared->deps.metrics == nullptr) shared->deps.metrics = &shared->own_metrics;
  return [shared](room::RoomContext& context) -> std::unique_ptr<room::RoomHandler> {
    return std::make_unique<YjsRoom>(context, shared->options, shared->deps, *shared->deps.metrics);
  };
}

}  // namespace runnel::collab
