#include "runnel/server/local_routes.h"

#include "runnel/server/problem.h"
#include "runnel/storage/backup.h"
#include "runnel/storage/database.h"

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

namespace runnel::server {

namespace {

constexpr std::string_view kPrefix = "/v1/local/";
constexpr std::array<const char*, 2> kDatabases{"rooms.db", "backend.db"};

// What SQLite finds wrong with the file; nothing when it is whole.
Result<std::string> damage_of(const std::string& path) {
  storage::DatabaseOptions options;
  options.path = path;
  options.read_only = true;
  options.must_exist = true;
  storage::Database database = RUNNEL_TRY(storage::Database::open(options));
  storage::Statement check = RUNNEL_TRY(database.prepare("PRAGMA integrity_check(20)"));
  std::string found;
  while (RUNNEL_TRY(check.step())) {
    if (check.text(0) == "ok") continue;
    found += (found.empty() ? "" : "; ") + std::string(check.text(0));
  }
  return found;
}

}  // namespace

std::vector<std::string> database_names(const std::string& data_dir) {
  std::vector<std::string> names;
  for (const char* const name : kDatabases) {
    std::error_code error;
    if (std::filesystem::exists(data_dir + "/" + name, error)) names.emplace_back(name);
  }
  return names;
}

bool LocalRoutes::wants(std::string_view path) const { return path.starts_with(kPrefix); }

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
  const std::string_view what = target.path.substr(kPrefix.size());
  if (what == "backup" && request.method == "POST") {
    const auto folder = net::query_value(target.query, "target");
    if (folder && !folder->empty()) return backup(*folder);
    return problem(400, "`target` must be the folder to make");
  }
  if (what == "verify" && request.method == "POST") return verify();
  return problem(404, "There is no such call");
}

net::HttpResponse LocalRoutes::backup(const std::string& target) const {
  std::error_code error;
  if (std::filesystem::exists(target, error)) {
    return problem(409, target + " exists; name a folder that does not");
  }
  std::filesystem::create_directories(target, error);
  if (error) return problem(400, target + " cannot be made: " + error.message());
  std::filesystem::permissions(target, std::filesystem::perms::owner_all, error);
  for (const std::string& name : database_names(data_dir_)) {
    const std::string from = data_dir_ + "/" + name;
    const auto copied = storage::backup_database(from, target + "/" + name, {});
    if (!copied) return problem(500, to_string(copied.error()));
  }
  return net::json_response(200, "{}");
}

net::HttpResponse LocalRoutes::verify() const {
  for (const std::string& name : database_names(data_dir_)) {
    const std::string path = data_dir_ + "/" + name;
    const Result<std::string> damage = damage_of(path);
    if (!damage) return problem(500, to_string(damage.error()));
    if (!damage->empty()) {
      return problem(500, path + " is damaged: " + *damage +
                              "; restore a backup into a new data "
                              "directory and keep this one");
    }
  }
  return net::json_response(200, "{}");
}

}  // namespace runnel::server
