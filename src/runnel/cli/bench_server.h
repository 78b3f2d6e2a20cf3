// BenchServer: `runnel dev` as a child process on a free port, with defaults only, in a folder that
// goes when it ends.
#pragma once

#include "base/result.h"
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

namespace runnel::cli {

class BenchServer {
 public:
  // Returns once it listens.
  static Result<std::unique_ptr<BenchServer>> start();
  BenchServer(const BenchServer&) = delete;
  BenchServer& operator=(const BenchServer&) = delete;
  BenchServer(BenchServer&&) = delete;
  BenchServer& operator=(BenchServer&&) = delete;
  ~BenchServer();

  [[nodiscard]] pid_t pid() const { return pid_; }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  BenchServer() = default;

  Result<void> spawn();
  Result<void> wait_until_it_listens();

  std::string folder_;
  int output_{-1};  // its standard output
  pid_t pid_{0};
  std::uint16_t port_{0};
};

}  // namespace runnel::cli
