// StaticFiles: embedded files below a path of the server.
#pragma once

#include "runnel/server/embedded_files.h"
#include "runnel/server/router.h"

#include <span>
#include <string>
#include <string_view>

namespace runnel::server {

class StaticFiles final : public Route {
 public:
  // `prefix` starts and ends with a slash. `missing_page` is what "/" answers when there are no
  // files: how to get them.
  StaticFiles(std::string prefix, std::span<const EmbeddedFile> files,
              std::string missing_page = {});

  [[nodiscard]] bool wants(std::string_view path) const override;
  void handle(net::HttpRequest request, net::Responder responder) override;

 private:
  [[nodiscard]] const EmbeddedFile* find(std::string_view path) const;

  std::string prefix_;
  std::span<const EmbeddedFile> files_;
  std::string missing_page_;
};

}  // namespace runnel::server
