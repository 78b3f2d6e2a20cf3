// AdminApi: `/v1`, for the dashboard, scripts and the command line (docs/openapi.json). Behind the
// admin secret; on the unix socket of the data directory its file mode is the secret.
#pragma once

#include "runnel/auth/secret.h"
#include "runnel/server/drain_control.h"
#include "runnel/server/event_feed.h"
#include "runnel/server/router.h"
#include "runnel/server/server_stats.h"
#include "runnel/server/shard.h"

#include "base/executor.h"
#include "base/ids.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace runnel::server {

struct AdminApiDeps {
  Shards& shards;
  ServerStatsSource& stats;
  EventFeed& events;
  DrainControl& drain;
};

class AdminApi final : public Route {
 public:
  AdminApi(AdminApiDeps deps, auth::Secret secret, std::size_t body_bytes_max);

  [[nodiscard]] bool wants(std::string_view path) const override;
  void handle(net::HttpRequest request, net::Responder responder) override;

  [[nodiscard]] net::BodyRule body_rule(const net::HttpRequest& head) const override;

 private:
  [[nodiscard]] bool allowed(const net::HttpRequest& request) const;
  void dispatch(std::string_view rest, net::HttpRequest request, net::Responder responder);
  void server_stats(net::Responder responder);
  void start_drain(const net::HttpRequest& request, net::Responder responder);
  void undrain(net::Responder responder);
  void drain_progress(int status, net::Responder responder);
  void list_rooms(const net::HttpRequest& request, net::Responder responder);
  void room_call(std::string_view rest, net::HttpRequest request, net::Responder responder);

  AdminApiDeps deps_;
  auth::Secret secret_;
  std::size_t body_bytes_max_;
};

}  // namespace runnel::server
