#include "runnel/net/http_connection.h"
#include "runnel/net/lingering_close.h"
#include "runnel/net/server_impl.h"
#include "runnel/net/websocket_connection.h"

#include "base/check.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace runnel::net {

namespace {

// WebSockets are closed in batches at this interval while the server shuts down.
constexpr Duration kCloseInterval = std::chrono::milliseconds{10};

}  // namespace

ServerShard::ServerShard(HttpServerImpl& server, EventLoop& loop) : server_(&server), loop_(loop) {}

ServerShard::~ServerShard() = default;

void ServerShard::add(std::shared_ptr<HttpConnection> connection) {
  HttpConnection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
}

void ServerShard::remove(HttpConnection& connection) { connections_.erase(&connection); }

std::size_t ServerShard::add(WebSocketConnection& websocket) {
  websockets_.push_back(&websocket);
  return websockets_.size() - 1;
}

void ServerShard::remove(std::size_t place) {
  RUNNEL_CHECK(place < websockets_.size());
  websockets_[place] = websockets_.back();
  websockets_[place]->set_place(place);
  websockets_.pop_back();
}

void ServerShard::linger(Stream stream, OutputQueue out, ConnectionTicket ticket) {
  if (!stream.is_open()) return;
  auto lingering =
      std::make_unique<LingeringClose>(*this, std::move(stream), std::move(out), std::move(ticket));
  LingeringClose* const begun = lingering.get();
  lingering_.emplace(begun, std::move(lingering));
  begun->start();
}

void ServerShard::remove(LingeringClose& lingering) { lingering_.erase(&lingering); }

std::vector<std::shared_ptr<HttpConnection>> ServerShard::connections() const {
  const auto values = std::views::values(connections_);
  return {values.begin(), values.end()};
}

void ServerShard::begin_shutdown(const ShutdownOptions& options) {
  is_shutting_down_ = true;
  for (const auto& connection : connections()) connection->begin_shutdown();
  const std::int64_t steps = std::max<std::int64_t>(options.spread / kCloseInterval, 1);
  const std::size_t batch = websockets_.size() / static_cast<std::size_t>(steps) + 1;
  close_some_websockets(options.close_code, options.reason, batch);
}

// Closing does not take a WebSocket off the list at once, so the list is gone through from a place
// that moves; those that leave meanwhile only make the rest come sooner.
void ServerShard::close_some_websockets(std::uint16_t code, const std::string& reason,
                                        std::size_t batch) {
  std::size_t closed = 0;
  for (WebSocketConnection* websocket : websockets_) {
    if (websocket->send_state() == SendState::Closed) continue;
    if (closed++ == batch) {
      loop_.after(kCloseInterval, [self = shared_from_this(), code, reason, batch] {
        self->close_some_websockets(code, reason, batch);
      });
      return;
    }
    websocket->close(code, reason);
  }
}

void ServerShard::drop_all() {
  for (const auto& connection : connections()) connection->close();
  lingering_.clear();
  for (WebSocketConnection* websocket : websockets_) {
    websocket->terminate("the server shut down");
  }
}

}  // namespace runnel::net
