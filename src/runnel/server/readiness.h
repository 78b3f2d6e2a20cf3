// What keeps the server from being ready, or from being all that it should be, each with the next
// step; for `/readyz` and the log of the start.
#pragma once

#include "runnel/server/config.h"
#include "runnel/server/health_routes.h"

#include <vector>

namespace runnel::server {

// Any thread.
[[nodiscard]] std::vector<ReadinessIssue> readiness_issues(const Config& config, bool draining);

}  // namespace runnel::server
