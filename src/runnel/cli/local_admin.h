// LocalAdmin: `/v1` of the server that holds a data directory; when nobody does, of one that is
// started for this command alone and listens nowhere else. Either way a command is the same code.
#pragma once

#include "runnel/cli/local_client.h"
#include "runnel/server/config_sources.h"
#include "runnel/server/server.h"

#include "base/log.h"
#include "base/result.h"
#include "base/time_source.h"

#include <memory>
#include <string_view>

namespace runnel::cli {

class LocalAdmin {
 public:
  // NotFound when there is no data directory: a command that reads never makes one.
  static Result<std::unique_ptr<LocalAdmin>> open(const server::LoadedConfig& loaded);

  LocalAdmin(const LocalAdmin&) = delete;
  LocalAdmin& operator=(const LocalAdmin&) = delete;
  LocalAdmin(LocalAdmin&&) = delete;
  LocalAdmin& operator=(LocalAdmin&&) = delete;
  ~LocalAdmin();

  // The body of a 2xx; everything else is an error with the server's sentence.
  Result<Bytes> call(std::string_view method, std::string_view target, ByteView body = {},
                     std::string_view content_type = "application/octet-stream") const;

 private:
  explicit LocalAdmin(std::string data_dir) : client_(std::move(data_dir)) {}

  SystemTime time_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<server::Server> server_;  // null when another process answers
  LocalClient client_;
};

}  // namespace runnel::cli
