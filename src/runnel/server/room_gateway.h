// RoomGateway: the URLs of rooms. It reads which room is meant, refuses what cannot be meant, and
// hands the request to the door of the room's shard, taking the TCP connection along.
#pragma once

#include "runnel/protocol/room_path.h"
#include "runnel/server/router.h"
#include "runnel/server/shard.h"

#include <cstddef>
#include <string>
#include <vector>

namespace runnel::server {

struct RoomGatewayOptions {
  protocol::PathOptions paths;
  std::vector<std::string> allowed_origins;  // server.allowed_origins; empty: all
  std::vector<std::string> types;            // rooms.types, of party main; empty: any
  std::size_t request_bytes_max{std::size_t{1024} * 1024};  // body of an HTTP request to a room
};

class RoomGateway final : public Route {
 public:
  RoomGateway(Shards& shards, RoomGatewayOptions options);

  [[nodiscard]] bool wants(std::string_view path) const override;
  void handle(net::HttpRequest request, net::Responder responder) override;

  [[nodiscard]] net::BodyRule body_rule(const net::HttpRequest& /*head*/) const override {
    return {.bytes_max = options_.request_bytes_max};
  }

 private:
  [[nodiscard]] bool type_allowed(const RoomId& room) const;
  [[nodiscard]] bool origin_allowed(const net::HttpRequest& request) const;

  Shards& shards_;
  RoomGatewayOptions options_;
};

}  // namespace runnel::server
