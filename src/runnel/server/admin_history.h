// A room's past, as its log tells it: which entries there are, and the document as it was behind
// one of them. With rooms.persist = "history" every change is an entry of its own with time and
// author; otherwise the log reaches back to the last fold only.
#pragma once

#include "runnel/server/admin_room_access.h"
#include "runnel/server/shard.h"
#include "runnel/storage/room_store.h"

#include "base/bytes.h"
#include "base/result.h"
#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace runnel::server {

struct HistoryPage {
  std::size_t limit{100};
  std::optional<storage::Seq> before;  // only older entries

  // Invalid when a parameter is not what it should be.
  static Result<HistoryPage> parse(std::string_view query);
};

// Schema History of docs/openapi.json: newest first.
[[nodiscard]] boost::json::object describe_history(const storage::RoomRecord& record,
                                                   const HistoryPage& page);

// The full state (V1) behind the entry at that position; position 0 is the empty document. NotFound
// when the log does not reach back so far, Conflict when the entry was merged with others.
[[nodiscard]] Result<Bytes> state_at(const storage::RoomRecord& record, storage::Seq at);

// GET history.
void history(Shard& shard, AdminRoomCall call);

// GET doc and export, now or `at` a position.
void read_document(Shard& shard, AdminRoomCall call);

// Goes on with the document as it was; refuses where it cannot be told.
void with_past(Shard& shard, AdminRoomCall call, storage::Seq at, UseState use);

}  // namespace runnel::server
