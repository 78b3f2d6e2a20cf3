// EmbeddedHost: the embedded backend inside the server: its thread, which alone touches its
// database, its view for each loop, and its endpoints as a route.
#pragma once

#include "runnel/backend/embedded_backend.h"
#include "runnel/backend/embedded_service.h"
#include "runnel/net/event_loop.h"
#include "runnel/server/router.h"

#include "base/log.h"
#include "base/random_source.h"
#include "base/result.h"
#include "base/time_source.h"

#include <memory>
#include <string_view>

namespace runnel::server {

// Must die after the loops' parts that use it and before the loops themselves: what it answers is
// posted to them.
class EmbeddedHost {
 public:
  // Opens the database and starts the thread.
  static Result<std::unique_ptr<EmbeddedHost>> start(backend::EmbeddedOptions options,
                                                     const TimeSource& time, Log& log);
  EmbeddedHost(const EmbeddedHost&) = delete;
  EmbeddedHost& operator=(const EmbeddedHost&) = delete;
  EmbeddedHost(EmbeddedHost&&) = delete;
  EmbeddedHost& operator=(EmbeddedHost&&) = delete;

  // Ends the thread after what it has begun.
  ~EmbeddedHost();

  [[nodiscard]] std::unique_ptr<backend::EmbeddedBackend> attach(Executor& loop);

  // `/collaboration/…` and `/api/…`; must not outlive this.
  [[nodiscard]] std::unique_ptr<Route> make_route();

 private:
  explicit EmbeddedHost(Log& log);

  SystemTime thread_time_;
  SystemRandom random_;
  Log& log_;
  std::unique_ptr<backend::EmbeddedService> service_;  // on the worker
  net::LoopGroup worker_;
};

}  // namespace runnel::server
