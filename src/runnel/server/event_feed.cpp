#include "runnel/server/event_feed.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <utility>

namespace runnel::server {

namespace {

constexpr Duration kInterval = std::chrono::seconds(1);

// A listener that takes nothing is let go; it may come back.
constexpr std::size_t kBufferedBytesMax = std::size_t{1024} * 1024;

}  // namespace

EventFeed::EventFeed(Shards& shards, ServerStatsSource& stats)
    : shards_(shards), stats_(stats), loop_(shards.at(0).loop) {}

void EventFeed::subscribe(net::Responder responder) {
  responder.move_to(loop_, [this](net::Responder moved) { add(std::move(moved)); });
}

void EventFeed::add(net::Responder responder) {
  const net::HttpResponse head{
      .status = 200,
      .headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}},
      .body = {},
      .shared_body = {}};
  const std::uint64_t id = ++last_listener_;
  // Not from inside the stream's own callback: erasing it there would destroy what is running.
  const auto gone = [this, id] { loop_.post([this, id] { listeners_.erase(id); }); };
  const auto& stream = listeners_[id] = responder.stream(head, gone);
  stream->write(": live\n\n");
  if (!ticking_) {
    ticking_ = true;
    tick();
  }
}

void EventFeed::tick() {
  if (listeners_.empty()) {
    ticking_ = false;
    rooms_.clear();
    return;
  }
  stats_.collect(loop_, [this](const ServerStats& stats) { publish("stats", to_json(stats)); });
  shards_.gather<std::vector<room::RoomStats>>(
      loop_, [](Shard& shard) { return shard.directory->all_stats(); },
      [this](const std::vector<std::vector<room::RoomStats>>& all) { publish_rooms(all); });
  loop_.after(kInterval, [this] { tick(); });
}

void EventFeed::publish_rooms(const std::vector<std::vector<room::RoomStats>>& shards) {
  std::map<RoomId, RoomView> now;
  for (const auto& rooms : shards) {
    for (const room::RoomStats& stats : rooms) {
      now.emplace(stats.id, RoomView{std::string(room_phase_name(stats.phase)), stats.connections});
    }
  }
  const auto tell = [this](const RoomId& id, std::string_view state, std::size_t connections) {
    publish("room", boost::json::serialize(boost::json::object{{"party", id.party},
                                                               {"name", id.name},
                                                               {"state", state},
                                                               {"connections", connections}}));
  };
  for (const auto& [id, view] : now) {
    const auto before = rooms_.find(id);
    if (before == rooms_.end() || before->second != view) tell(id, view.phase, view.connections);
  }
  for (const auto& [id, view] : rooms_) {
    if (!now.contains(id)) tell(id, "rest", 0);
  }
  rooms_ = std::move(now);
}

void EventFeed::publish(std::string_view event, std::string_view json) {
  std::string message = "event: ";
  message.append(event).append("\ndata: ").append(json).append("\n\n");
  std::erase_if(listeners_, [](const auto& listener) {
    return listener.second->buffered_bytes() > kBufferedBytesMax;
  });
  for (const auto& [id, stream] : listeners_) stream->write(message);
}

}  // namespace runnel::server
