// A listening socket on the first loop.
#pragma once

#include "runnel/net/http_server.h"
#include "runnel/net/loop_impl.h"
#include "runnel/net/stream.h"

#include "base/result.h"
#include <boost/asio/posix/stream_descriptor.hpp>

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

class Listener {
 public:
  Listener(HttpServerImpl& server, OwnedFd fd, const ListenOptions& options);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener(Listener&&) = delete;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  // Own loop from here on.
  void start();

 private:
  // Shared with the wait that is outstanding, which learns from it that the listener has gone.
  struct Core {
    explicit Core(boost::asio::io_context& io) : descriptor(io) {}

    boost::asio::posix::stream_descriptor descriptor;
    Listener* listener{nullptr};
  };

  void wait();
  void accept_some();
  bool accept_one();
  void pause();

  HttpServerImpl& server_;
  std::shared_ptr<Core> core_;
  std::string unix_path_;
  TlsContext* tls_;
  TimerId retry_;
};

}  // namespace runnel::net
