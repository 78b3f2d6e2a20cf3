#include "runnel/server/local_routes.h"

#include "runnel/server/problem.h"
#include "runnel/server/verify_data.h"
#include "runnel/storage/backup.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace runnel::server {

namespace {

constexpr std::string_view kLocalPrefix = "/v1/local/";

Result<void> copy_databases(const std::string& data_dir, const std::string& into) {
  for (const std::string& name : database_names(data_dir)) {
    const std::filesystem::path from = std::filesystem::path(data_dir) / name;
    const std::filesystem::path to = std::filesystem::path(into) / name;
    RUNNEL_TRY_VOID(storage::backup_database(from.string(), to.string(), {}));
  }
  return {};
}

}  // namespace

bool LocalRoutes::wants(std::string_view path) const { return path.starts_with(kLocalPrefix); }

void LocalRoutes::handle(net::HttpRequest request, net::Responder responder) {
  if (request.peer_address != "unix") {
    responder.send(problem(404, "Only commands on the server's machine can ask this"));
    return;
  }
  net::EventLoop& loop = responder.loop();
  worker_.post(
      [this, &loop, request = std::move(request), responder = std::move(responder)]() mutable {
        loop.post([response = answer(request), responder = std::move(responder)]() mutable {
          responder.send(std::move(response));
        });
      });
}

net::HttpResponse LocalRoutes::answer(const net::HttpRequest& request) const {
  const net::Target target = net::split_target(request.target);
  const std::string_view what = target.path.substr(kLocalPrefix.size());
  if (what == "backup" && request.method == "POST") {
    const auto folder = net::query_value(target.query, "target");
    if (folder && !folder->empty()) return backup(*folder);
    return problem(400, "`target` must be the folder to make");
  }
  if (what == "verify" && request.method == "POST") return verify();
  return problem(404, "There is no such call");
}

// Under its name stands a backup that is whole, or none: what is copied is renamed at the end, so
// that neither a full disk nor a kill leaves a part that looks like all of it.
net::HttpResponse LocalRoutes::backup(const std::string& target) const {
  const std::string part = target + ".part";
  std::error_code error;
  if (std::filesystem::exists(target, error)) {
    return problem(409, target + " exists; name a folder that does not");
  }
  if (std::filesystem::exists(part, error)) {
    return problem(409, part +
                            " exists, left by a backup that was cut short or under way; remove "
                            "it, or name another folder");
  }
  std::filesystem::create_directories(part, error);
  if (error) return problem(400, part + " cannot be made: " + error.message());
  std::filesystem::permissions(part, std::filesystem::perms::owner_all, error);
  const Result<void> copied = copy_databases(data_dir_, part);
  if (copied) {
    std::filesystem::rename(part, target, error);
    if (!error) return net::json_response(200, "{}");
  }
  std::error_code ignored;
  std::filesystem::remove_all(part, ignored);
  return copied ? problem(500, target + " cannot be made: " + error.message())
                : problem(500, to_string(copied.error()));
}

net::HttpResponse LocalRoutes::verify() const {
  const Result<std::string> found = verify_data_dir(data_dir_);
  if (!found) return problem(500, to_string(found.error()));
  return net::text_response(200, *found);
}

}  // namespace runnel::server
