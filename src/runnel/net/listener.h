// A listening socket on the first loop.
#pragma once

#include "runnel/net/http_server.h"
#include "runnel/net/loop_impl.h"
#include "runnel/net/stream.h"

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <string>

namespace runnel::net {

struct HttpServerImpl;

// A bound and listening descriptor. Any thread.
struct BoundSocket {
  OwnedFd fd;
  std::uint16_t port{0};
};

Result<BoundSocket> bind_and_listen(const ListenOptions& options);

class Listener final : private PollOwner {
 public:
  Listener(HttpServerImpl& server, OwnedFd fd, const ListenOptions& options);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener(Listener&&) = delete;
  Listener& operator=(Listener&&) = delete;
  ~Listener() override;

  // Own loop from here on.
  void start();

 private:
  void on_readable() override { accept_some(); }

  void on_writable() override {}

  void wait();
  void accept_some();
  bool accept_one();
  void pause();

  HttpServerImpl& server_;
  OwnedFd fd_;
  std::string unix_path_;
  TlsContext* tls_;
  TimerId retry_;
  bool is_started_{false};
};

}  // namespace runnel::net
