#include "runnel/server/readiness.h"

#include <filesystem>
#include <system_error>

namespace runnel::server {

namespace {

// Below this a burst of large documents fills the disk before anybody can react.
constexpr std::uintmax_t kDiskFreeBytes = std::uintmax_t{256} * 1024 * 1024;

}  // namespace

std::vector<ReadinessIssue> readiness_issues(const Config& config, bool draining) {
  std::vector<ReadinessIssue> issues;
  if (draining) {
    issues.push_back({"draining", "the server is about to stop; new clients go elsewhere", true});
  }
  if (config.backend.kind == BackendKind::Http) {
    if (config.backend.url.empty()) {
      issues.push_back({"backend",
                        "backend.url is not set (CONVEX_SITE_URL); rooms work from their own log "
                        "and saves wait",
                        false});
    }
    if (config.backend.secret.empty()) {
      issues.push_back({"backend",
                        "backend.secret is not set (PARTYKIT_SECRET); rooms work from their own "
                        "log and saves wait",
                        false});
    }
  }
  if (config.auth.mode == AuthMode::None) {
    issues.push_back({"auth", "auth.mode is none: whoever reaches the port may edit", false});
  }
  if (config.auth.mode == AuthMode::Hmac && config.auth.secret.empty() &&
      config.backend.secret.empty()) {
    issues.push_back({"auth",
                      "auth.mode is hmac, but neither auth.secret nor backend.secret "
                      "(PARTYKIT_SECRET) is set; no token can be verified",
                      false});
  }
  std::error_code error;
  const auto space = std::filesystem::space(config.server.data_dir, error);
  if (!error && space.available < kDiskFreeBytes) {
    issues.push_back({"disk", "less than 256 MiB are free on the data directory's disk", false});
  }
  return issues;
}

}  // namespace runnel::server
