#include "runnel/server/drain_control.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace runnel::server {

DrainControl::DrainControl(Shards& shards, StatsCollector& stats, DrainShard shard)
    : shards_(shards), stats_(stats), shard_(std::move(shard)) {}

void DrainControl::start(Duration over) {
  const std::scoped_lock lock(mutex_);
  if (stopping_ || std::exchange(draining_, true)) return;
  stats_.set_draining(true);
  shards_done_ = 0;
  ++round_;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_.at(i).loop.post([this, i, over, round = round_] {
      shard_.drain(i, over, [this, round] { shard_done(round); });
    });
  }
}

bool DrainControl::take_back() {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return false;
  if (!std::exchange(draining_, false)) return true;
  ++round_;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_.at(i).loop.post([this, i] { shard_.undrain(i); });
  }
  stats_.set_draining(false);
  return true;
}

void DrainControl::stopping() {
  const std::scoped_lock lock(mutex_);
  stopping_ = true;
  stats_.set_draining(true);
}

void DrainControl::shard_done(std::uint64_t round) {
  const std::scoped_lock lock(mutex_);
  if (round == round_) ++shards_done_;
}

std::string_view DrainControl::state() {
  const std::scoped_lock lock(mutex_);
  if (!draining_ && !stopping_) return "serving";
  return draining_ && shards_done_ == shards_.size() ? "drained" : "draining";
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
