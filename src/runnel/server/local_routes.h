// LocalRoutes: what only a command on this machine may ask, over the unix socket of the data
// directory: a copy of the data while the server runs, and a look at whether it is whole.
#pragma once

#include "runnel/server/router.h"
#include "runnel/storage/worker_thread.h"

#include <string>
#include <string_view>

namespace runnel::server {

class LocalRoutes final : public Route {
 public:
  explicit LocalRoutes(std::string data_dir) : data_dir_(std::move(data_dir)) {}

  [[nodiscard]] bool wants(std::string_view path) const override;
  void handle(net::HttpRequest request, net::Responder responder) override;

  // Ends the thread; before the loops stop.
  void stop() { worker_.stop(); }

 private:
  [[nodiscard]] net::HttpResponse answer(const net::HttpRequest& request) const;
  [[nodiscard]] net::HttpResponse backup(const std::string& target) const;
  [[nodiscard]] net::HttpResponse verify() const;

  std::string data_dir_;
  storage::WorkerThread worker_{"local"};
};

}  // namespace runnel::server
