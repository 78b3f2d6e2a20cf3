// A blocking HTTP client for the unix socket of the server that holds a data directory.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace runnel::cli {

struct LocalReply {
  int status{0};
  Bytes body;

  [[nodiscard]] bool is_success() const { return status >= 200 && status < 300; }
};

class LocalClient {
 public:
  // `data_dir` may be of any length: the socket is reached through a descriptor of the directory.
  explicit LocalClient(std::string data_dir) : data_dir_(std::move(data_dir)) {}

  // NotFound when nobody listens there.
  Result<LocalReply> call(std::string_view method, std::string_view target, ByteView body = {},
                          std::string_view content_type = "application/octet-stream") const;

  [[nodiscard]] bool is_answered() const;

 private:
  std::string data_dir_;
};

// `detail` of a problem+json body, or the status.
[[nodiscard]] std::string problem_text(const LocalReply& reply);

}  // namespace runnel::cli
