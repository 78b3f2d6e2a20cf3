#include "runnel/server/embedded_host.h"

#include <utility>

namespace runnel::server {

Result<std::unique_ptr<EmbeddedHost>> EmbeddedHost::open(backend::EmbeddedOptions options,
                                                         const TimeSource& time, Log& log) {
  std::unique_ptr<EmbeddedHost> host(new EmbeddedHost());
  host->service_ =
      RUNNEL_TRY(backend::EmbeddedService::create({time, host->random_, log}, std::move(options)));
  return host;
}

EmbeddedHost::~EmbeddedHost() { stop(); }

void EmbeddedHost::stop() {
  if (std::exchange(stopped_, true)) return;
  worker_.stop();
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

std::size_t EmbeddedHost::body_bytes_max() const { return backend::kSnapshotBytesMax; }

}  // namespace runnel::server
