// RoomListing: `GET /v1/rooms`. Rooms on disk come from the store, rooms in memory from the shards;
// a page joins both, ordered by party and name.
#pragma once

#include "runnel/net/http_server.h"
#include "runnel/server/shard.h"

#include "base/result.h"

#include <string>
#include <string_view>

namespace runnel::server {

class RoomListing {
 public:
  // Invalid when a parameter is not what it should be.
  static Result<RoomListing> parse(std::string_view query);

  void run(Shards& shards, net::Responder responder) const;

 private:
  storage::RoomFilter filter_;
  bool live_only_{false};
};

}  // namespace runnel::server
