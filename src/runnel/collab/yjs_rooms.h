// The Yjs room: documents that people edit together, over every client dialect. This is the
// entrance of collab/: a factory for RoomDirectory::add_party.
//
// A connection to such a room says in ConnectInfo::dialect which protocol::Dialect it speaks and in
// `control_messages` whether its URL said `runnel=1`.
#pragma once

#include "runnel/collab/collab_options.h"
#include "runnel/room/room_handler.h"

namespace runnel::collab {

// One factory per event loop: `deps` are of that loop. Rooms of several parties may share it.
[[nodiscard]] room::HandlerFactory yjs_rooms(CollabOptions options, CollabDeps deps);

}  // namespace runnel::collab
