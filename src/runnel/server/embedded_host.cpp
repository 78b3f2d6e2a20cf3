#include "runnel/server/embedded_host.h"

#include <utility>

namespace runnel::server {

namespace {

class EmbeddedRoute final : public Route {
 public:
  EmbeddedRoute(backend::EmbeddedService& service, Executor& worker)
      : service_(service), worker_(worker) {}

  [[nodiscard]] bool wants(std::string_view path) const override {
    return backend::EmbeddedService::wants(path);
  }

  // A snapshot over the contract's bound gets the contract's own 413, up to what is worth reading.
  [[nodiscard]] std::size_t body_bytes_max() const override {
    return backend::kSnapshotBytesMax + (std::size_t{4} << 20U);
  }

  void handle(net::HttpRequest request, net::Responder responder) override {
    net::EventLoop& loop = responder.loop();
    worker_.post([&service = service_, &loop, request = std::move(request),
                  responder = std::move(responder)]() mutable {
      net::HttpResponse response = service.handle(request);
      loop.post([response = std::move(response), responder = std::move(responder)]() mutable {
        responder.send(std::move(response));
      });
    });
  }

 private:
  backend::EmbeddedService& service_;
  Executor& worker_;
};

}  // namespace

EmbeddedHost::EmbeddedHost(Log& log)
    : log_(log), worker_(1, thread_time_, [&log](std::string_view what) {
        log.error("an exception reached the embedded backend; this is a bug", {{"what", what}});
      }) {}

EmbeddedHost::~EmbeddedHost() { worker_.stop(); }

Result<std::unique_ptr<EmbeddedHost>> EmbeddedHost::start(backend::EmbeddedOptions options,
                                                          const TimeSource& time, Log& log) {
  std::unique_ptr<EmbeddedHost> host(new EmbeddedHost(log));
  host->service_ = RUNNEL_TRY(backend::EmbeddedService::create(
      {.time = time, .random = host->random_, .log = log}, std::move(options)));
  host->worker_.start();
  return host;
}

std::unique_ptr<backend::EmbeddedBackend> EmbeddedHost::attach(Executor& loop) {
  return std::make_unique<backend::EmbeddedBackend>(backend::EmbeddedBackendDeps{
      .service = *service_, .worker = worker_.at(0), .loop = loop, .log = log_});
}

std::unique_ptr<Route> EmbeddedHost::make_route() {
  return std::make_unique<EmbeddedRoute>(*service_, worker_.at(0));
}

}  // namespace runnel::server
