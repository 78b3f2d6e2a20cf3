#include "runnel/server/health_routes.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace runnel::server {

namespace {

constexpr std::string_view kHealth = "/healthz";
constexpr std::string_view kReady = "/readyz";
constexpr std::string_view kMetrics = "/metrics";

}  // namespace

HealthRoutes::HealthRoutes(Readiness readiness, ServerStatsSource& stats, MetricsDeps metrics)
    : readiness_(std::move(readiness)), stats_(stats), metrics_(metrics) {}

bool HealthRoutes::wants(std::string_view path) const {
  return path == kHealth || path == kReady || path == kMetrics;
}

void HealthRoutes::handle(net::HttpRequest request, net::Responder responder) {
  const std::string_view path = net::split_target(request.target).path;
  if (path == kHealth) {
    responder.send(net::text_response(200, "ok\n"));
  } else if (path == kReady) {
    responder.send(readiness());
  } else {
    net::EventLoop& loop = responder.loop();
    stats_.collect(
        loop, [this, responder = std::move(responder)](const ServerStats& stats) mutable {
          net::HttpResponse page = net::text_response(200, metrics_page(stats, metrics_));
          page.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
          responder.send(std::move(page));
        });
  }
}

net::HttpResponse HealthRoutes::readiness() const {
  const std::vector<ReadinessIssue> issues = readiness_();
  const bool blocked = std::ranges::any_of(issues, &ReadinessIssue::blocks);
  boost::json::array reasons;
  for (const ReadinessIssue& issue : issues) {
    reasons.push_back({{"name", issue.name}, {"detail", issue.detail}, {"blocks", issue.blocks}});
  }
  const boost::json::object body{{"ready", !blocked}, {"reasons", std::move(reasons)}};
  return net::json_response(blocked ? 503 : 200, boost::json::serialize(body));
}

}  // namespace runnel::server
