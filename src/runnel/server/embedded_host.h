// EmbeddedHost: the embedded backend with the thread that it runs on, and its endpoints as routes.
#pragma once

#include "runnel/backend/embedded_service.h"
#include "runnel/server/router.h"
#include "runnel/server/shard.h"
#include "runnel/storage/worker_thread.h"

#include "base/log.h"
#include "base/random_source.h"
#include "base/result.h"
#include "base/time_source.h"

#include <memory>
#include <string_view>

namespace runnel::server {

class EmbeddedHost final : public Route {
 public:
  // `time` and `log` outlive it.
  static Result<std::unique_ptr<EmbeddedHost>> open(backend::EmbeddedOptions options,
                                                    const TimeSource& time, Log& log);

  EmbeddedHost(const EmbeddedHost&) = delete;
  EmbeddedHost& operator=(const EmbeddedHost&) = delete;
  EmbeddedHost(EmbeddedHost&&) = delete;
  EmbeddedHost& operator=(EmbeddedHost&&) = delete;

  // Who looks at a workspace hears from here on what changes in it, and whose rights are changed is
  // re-checked at once. Before the first request; `shards` outlive `stop`.
  void tell(Shards& shards) { shards_ = &shards; }

  // The loops must be stopped by then: answers are posted to them.
  ~EmbeddedHost() override;

  // Only on `worker`.
  [[nodiscard]] backend::EmbeddedService& service() { return *service_; }

  [[nodiscard]] Executor& worker() { return worker_; }

  // Runs what is posted and ends the thread; idempotent.
  void stop();

  [[nodiscard]] bool wants(std::string_view path) const override;
  void handle(net::HttpRequest request, net::Responder responder) override;
  [[nodiscard]] net::BodyRule body_rule(const net::HttpRequest& head) const override;

 private:
  EmbeddedHost() = default;

  void changed(const backend::EmbeddedChange& change);

  SystemRandom random_;
  auth::Secret secret_;
  Shards* shards_{nullptr};
  std::unique_ptr<backend::EmbeddedService> service_;
  storage::WorkerThread worker_{"backend"};
  bool stopped_{false};
};

}  // namespace runnel::server
