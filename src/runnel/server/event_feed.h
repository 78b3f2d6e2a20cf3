// EventFeed: `/v1/events`. Once a second every listener gets the server's numbers, and an event for
// each room whose state or number of people changed since. Rooms are compared, not hooked into: the
// feed costs nothing while nobody listens.
//
// Lives on the first loop, like all its streams.
#pragma once

#include "runnel/net/http_server.h"
#include "runnel/server/server_stats.h"
#include "runnel/server/shard.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::server {

class EventFeed {
 public:
  EventFeed(Shards& shards, ServerStatsSource& stats);

  // Any loop: the connection moves to the feed's.
  void subscribe(net::Responder responder);

 private:
  struct RoomView {
    std::string phase;
    std::size_t connections{0};

    friend bool operator==(const RoomView&, const RoomView&) = default;
  };

  void add(net::Responder responder);
  void tick();
  void publish_rooms(const std::vector<std::vector<room::RoomStats>>& shards);
  void publish(std::string_view event, std::string_view json);

  Shards& shards_;
  ServerStatsSource& stats_;
  net::EventLoop& loop_;
  std::map<std::uint64_t, std::unique_ptr<net::HttpStream>> listeners_;  // by order of arrival
  std::uint64_t last_listener_{0};
  std::map<RoomId, RoomView> rooms_;
  bool ticking_{false};
};

}  // namespace runnel::server
