#include "runnel/cli/local_admin.h"

#include "runnel/server/log_writer.h"

#include <filesystem>
#include <utility>

namespace runnel::cli {

Result<std::unique_ptr<LocalAdmin>> LocalAdmin::open(const server::LoadedConfig& loaded) {
  const std::string& data_dir = loaded.config.server.data_dir;
  if (!std::filesystem::is_directory(data_dir)) {
    return fail(Errc::NotFound, "there is no data directory " + data_dir +
                                    "; name it with --data, or start `runnel dev` once");
  }
  std::unique_ptr<LocalAdmin> admin(new LocalAdmin(data_dir));
  if (admin->client_.is_answered()) return admin;
  server::LogConfig log = loaded.config.log;
  log.level = LogLevel::Warning;
  admin->log_ = std::make_unique<server::LogWriter>(log, admin->time_);
  admin->server_ = RUNNEL_TRY(server::Server::start(
      {.loaded = loaded, .dev = false, .listens = false, .has_backend = false}, *admin->log_,
      admin->time_));
  return admin;
}

LocalAdmin::~LocalAdmin() {
  if (server_) server_->stop();
}

Result<Bytes> LocalAdmin::call(std::string_view method, std::string_view target, ByteView body,
                               std::string_view content_type) const {
  LocalReply reply = RUNNEL_TRY(client_.call(method, target, body, content_type));
  if (!reply.is_success()) {
    return fail(reply.status == 404 ? Errc::NotFound : Errc::Unavailable, problem_text(reply));
  }
  return std::move(reply.body);
}

}  // namespace runnel::cli
