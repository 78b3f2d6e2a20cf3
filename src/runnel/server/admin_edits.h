// What `/v1` writes into a room's document: an update, a JSON Patch, an import, a restore. All of
// them are edits of the server: logged, relayed and merged like anybody's.
#pragma once

#include "runnel/server/admin_room_access.h"
#include "runnel/server/shard.h"

namespace runnel::server {

// PATCH doc: an update (application/octet-stream) or a JSON Patch (application/json-patch+json).
void edit_document(Shard& shard, AdminRoomCall call);

// Creates the room on purpose, also where a tombstone stands.
void import_room(Shard& shard, AdminRoomCall call);

// To a point of the history ({"at": seq}) or to a state that is sent along.
void restore(Shard& shard, AdminRoomCall call);

}  // namespace runnel::server
