#include "runnel/server/embedded_host.h"

#include "runnel/server/admin_room_access.h"
#include "runnel/server/loop_parts.h"

#include <utility>

namespace runnel::server {

namespace {

// Rooms of resources are in party main; `presence-{workspace}` is the presence party's.
RoomId room_called(const std::string& external_name) {
  const TypedName name = split_type(external_name);
  if (name.type == kPresenceParty) return {std::string(kPresenceParty), std::string(name.id)};
  return {std::string(kMainParty), external_name};
}

}  // namespace

Result<std::unique_ptr<EmbeddedHost>> EmbeddedHost::open(backend::EmbeddedOptions options,
                                                         const TimeSource& time, Log& log) {
  std::unique_ptr<EmbeddedHost> host(new EmbeddedHost());
  const auto on_change = [to = host.get()](const backend::EmbeddedChange& change) {
    to->changed(change);
  };
  host->secret_ = options.secret;
  host->service_ = RUNNEL_TRY(
      backend::EmbeddedService::create({time, host->random_, log, on_change}, std::move(options)));
  return host;
}

EmbeddedHost::~EmbeddedHost() { stop(); }

void EmbeddedHost::stop() {
  if (std::exchange(stopped_, true)) return;
  worker_.stop();
}

// On the worker. A hint only: who is not there asks when he comes.
void EmbeddedHost::changed(const backend::EmbeddedChange& change) {
  if (shards_ == nullptr) return;
  const auto on_loop_of = [this](RoomId room, void (*act)(Shard&, const RoomId&)) {
    Shard& shard = shards_->of(room);
    shard.loop.post([&shard, room = std::move(room), act] { act(shard, room); });
  };
  if (!change.room.empty()) {
    on_loop_of(room_called(change.room), [](Shard& shard, const RoomId& room) {
      if (shard.gate) shard.gate->recheck(room);
    });
  }
  if (change.workspace_id.empty()) return;
  const RoomId presence{std::string(kPresenceParty), change.workspace_id};
  on_loop_of(presence, [](Shard& shard, const RoomId& room) {
    if (!shard.directory || !shard.directory->stats(room)) return;  // nobody is there
    shard.directory->request(room, internal_request("POST", "runnel:workspace-changed", {}),
                             [](const room::RoomResponse& /*told*/) {});
  });
}

bool EmbeddedHost::wants(std::string_view path) const {
  return backend::EmbeddedService::wants(path);
}

void EmbeddedHost::handle(net::HttpRequest request, net::Responder responder) {
  net::EventLoop& loop = responder.loop();
  // A responder belongs to its loop: it only rides along here and is opened there again.
  worker_.post([this, &loop, request = std::move(request),
                responder = std::move(responder)]() mutable {
    loop.post([response = service_->handle(request), responder = std::move(responder)]() mutable {
      responder.send(std::move(response));
    });
  });
}

// Snapshots are the secret's; what people send is small.
net::BodyRule EmbeddedHost::body_rule(const net::HttpRequest& head) const {
  if (backend::presents_secret(head, secret_)) return {.bytes_max = backend::kSnapshotBytesMax};
  return {.bytes_max = net::kStrangerBodyBytesMax, .refusal_status = 401};
}

}  // namespace runnel::server
