// BenchServer: `runnel dev` as a child process on a free port, with defaults only, in a folder that
// goes when it ends, on SIGINT and SIGTERM too.
#pragma once

#include "base/result.h"
#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

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

  void watch_signals();
  void clean_up() const;
  Result<void> spawn();
  Result<void> wait_until_it_listens();

  // Waits for the signals, which no other thread takes meanwhile.
  std::thread watcher_;
  sigset_t unblocked_{};  // the caller's mask
  std::string folder_;
  int output_{-1};  // its standard output
  pid_t pid_{0};
  std::uint16_t port_{0};
};

}  // namespace runnel::cli
