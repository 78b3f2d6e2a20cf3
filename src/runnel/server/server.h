// Server: everything put together and running. `start` is the one visible function that builds it;
// the destructor and `stop` take it down in reverse.
#pragma once

#include "runnel/server/config_sources.h"

#include "base/executor.h"
#include "base/log.h"
#include "base/result.h"
#include "base/time_source.h"

#include <memory>
#include <string>

namespace runnel::server {

struct ServerOptions {
  LoadedConfig loaded;
  bool dev{false};     // anonymous editors, and the people and documents of the demo
  bool listens{true};  // false: only on the unix socket, for commands
  // False: no saves leave, whatever the configuration says; what it has a backend for is noted for
  // the next server.
  bool has_backend{true};
};

struct Assembly;  // all parts, in the order in which they are built

class Server {
 public:
  // `log` and `time` outlive the server. Errors say what to do next.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Log& log,
                                               const TimeSource& time);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  Server(Server&&) = delete;
  Server& operator=(Server&&) = delete;
  ~Server();

  // Graceful, once: rooms are saved and closed, then connections, then the store. Blocks, at most
  // some 9 s.
  void stop();

  // "http://127.0.0.1:1999"; empty when it only listens on the unix socket.
  [[nodiscard]] std::string url() const;

  // Blocks until SIGTERM or SIGINT; a SIGHUP meanwhile reads the certificate again.
  void wait_for_signal();

 private:
  explicit Server(std::unique_ptr<Assembly> assembly);

  std::unique_ptr<Assembly> assembly_;
};

}  // namespace runnel::server
