#include "runnel/server/shard.h"

#include "runnel/server/room_door.h"

namespace runnel::server {

Shard::Shard(net::EventLoop& on_loop, std::size_t at) : loop(on_loop), index(at) {}

Shard::~Shard() = default;

Shards::Shards(net::LoopGroup& loops) {
  shards_.reserve(loops.size());
  for (std::size_t i = 0; i < loops.size(); ++i) {
    shards_.push_back(std::make_unique<Shard>(loops.at(i), i));
  }
}

}  // namespace runnel::server
