// `/healthz`: the process answers. `/readyz`: it should get traffic, or why not. `/metrics`: its
// numbers for Prometheus. None of them says anything about rooms by name or people, so they need no
// secret.
#pragma once

#include "runnel/server/metrics.h"
#include "runnel/server/router.h"
#include "runnel/server/server_stats.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::server {

// One thing that is not as it should be.
struct ReadinessIssue {
  std::string name;    // "backend", "disk", "draining"
  std::string detail;  // a sentence with the next step
  bool blocks{false};  // true: not ready; false: ready, but degraded
};

class HealthRoutes final : public Route {
 public:
  // Both are called on any loop.
  using Readiness = std::function<std::vector<ReadinessIssue>()>;

  HealthRoutes(Readiness readiness, ServerStatsSource& stats, MetricsDeps metrics);

  [[nodiscard]] bool wants(std::string_view path) const override;
  void handle(net::HttpRequest request, net::Responder responder) override;

 private:
  [[nodiscard]] net::HttpResponse readiness() const;

  Readiness readiness_;
  ServerStatsSource& stats_;
  MetricsDeps metrics_;
};

}  // namespace runnel::server
