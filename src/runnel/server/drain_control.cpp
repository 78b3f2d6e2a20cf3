#include "runnel/server/drain_control.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace runnel::server {

DrainControl::DrainControl(Shards& shards, StatsCollector& stats, DrainShard drain_shard)
    : shards_(shards), stats_(stats), drain_shard_(std::move(drain_shard)) {}

void DrainControl::start(Duration over) {
  if (started_.exchange(true)) return;
  stats_.set_draining();
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_.at(i).loop.post(
        [this, i, over] { drain_shard_(i, over, [this] { shards_done_.fetch_add(1); }); });
  }
}

std::string_view DrainControl::state() const {
  if (!stats_.is_draining()) return "serving";
  return shards_done_.load() == shards_.size() ? "drained" : "draining";
}

void DrainControl::progress(Executor& reply_to, std::move_only_function<void(std::string)> done) {
  stats_.collect(reply_to, [this, done = std::move(done)](const ServerStats& stats) mutable {
    done(boost::json::serialize(boost::json::object{{"state", state()},
                                                    {"connections", stats.connections},
                                                    {"rooms", stats.rooms_live},
                                                    {"saves_waiting", stats.backend_waiting},
                                                    {"oldest_wait_ms", stats.backend_oldest_ms}}));
  });
}

}  // namespace runnel::server
