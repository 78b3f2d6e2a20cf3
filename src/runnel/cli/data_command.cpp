#include "runnel/cli/command_line.h"
#include "runnel/cli/commands.h"
#include "runnel/cli/local_admin.h"
#include "runnel/cli/local_client.h"
#include "runnel/cli/terminal.h"
#include "runnel/net/http_types.h"
#include "runnel/server/data_dir.h"
#include "runnel/server/store_host.h"
#include "runnel/server/verify_data.h"
#include "runnel/storage/backup.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

namespace runnel::cli {

namespace {

int ask(const server::LoadedConfig& loaded, const std::string& target, const std::string& done) {
  const auto admin = LocalAdmin::open(loaded);
  if (!admin) return report_error(to_string(admin.error()));
  const Result<Bytes> reply = (*admin)->call("POST", target);
  if (!reply) return report_error(to_string(reply.error()));
  fmt::print(stderr, "{}\n", done);
  return kSuccess;
}

}  // namespace

int backup(const server::LoadedConfig& loaded, const std::string& target) {
  // The server writes the copy, so it needs a path that means the same to both.
  const std::string path = std::filesystem::absolute(target).string();
  return ask(loaded, "/v1/local/backup?target=" + net::percent_encode(path),
             "backed up into " + path);
}

int verify(const server::LoadedConfig& loaded) {
  const std::string& data_dir = loaded.config.server.data_dir;
  // Never with a store of its own: one that is damaged may not open, and this is where to ask why.
  const Result<std::string> found = [&]() -> Result<std::string> {
    if (!std::filesystem::is_directory(data_dir)) {
      return fail(Errc::NotFound,
                  "there is no data directory " + data_dir + "; name it with --data");
    }
    const LocalClient client(data_dir);
    if (!client.is_answered()) {
      const server::DataDirLock lock = RUNNEL_TRY(server::DataDirLock::take(data_dir));
      return server::verify_data_dir(data_dir);
    }
    LocalReply reply = RUNNEL_TRY(client.call("POST", "/v1/local/verify", {}, ""));
    if (!reply.is_success()) return fail(Errc::Unavailable, problem_text(reply));
    return to_text(reply.body);
  }();
  if (!found) return report_error(to_string(found.error()));
  fmt::print(stderr, "{}\n", *found);
  return kSuccess;
}

int restore(const server::LoadedConfig& loaded, const std::string& source, bool replace) {
  const std::string& data_dir = loaded.config.server.data_dir;
  const std::vector<std::string> names = server::database_names(source);
  if (std::ranges::find(names, server::kDatabaseName) == names.end()) {
    return report_error(source + " holds no backup", "name a folder that `runnel backup` made");
  }
  if (const Result<void> made = server::prepare_data_dir(data_dir); !made) {
    return report_error(to_string(made.error()));
  }
  const Result<server::DataDirLock> lock = server::DataDirLock::take(data_dir);
  if (!lock) return report_error(to_string(lock.error()));
  if (!replace && !server::database_names(data_dir).empty()) {
    return report_error(data_dir + " holds data already",
                        "restore into a new directory with --data, or add --replace");
  }
  for (const std::string& name : names) {
    const Result<void> restored = storage::restore_database(
        fmt::format("{}/{}", source, name), fmt::format("{}/{}", data_dir, name), replace, {});
    if (!restored) return report_error(to_string(restored.error()));
  }
  fmt::print(stderr, "restored {} into {}\n", source, data_dir);
  return kSuccess;
}

}  // namespace runnel::cli
