// Router: which part of the server answers a request, decided by the raw path. An explicit list,
// asked in order; the first that wants the path gets it.
#pragma once

#include "runnel/net/http_server.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace runnel::server {

// One part of the server's URL space. Called on any loop; must not touch what belongs to one.
class Route {
 public:
  Route() = default;
  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;
  Route(Route&&) = delete;
  Route& operator=(Route&&) = delete;
  virtual ~Route() = default;

  // `path` is raw, without the query.
  [[nodiscard]] virtual bool wants(std::string_view path) const = 0;

  virtual void handle(net::HttpRequest request, net::Responder responder) = 0;

  // How large a body this part takes from who sends that head.
  [[nodiscard]] virtual net::BodyRule body_rule(const net::HttpRequest& /*head*/) const {
    return {};
  }
};

class Router final : public net::HttpHandler {
 public:
  // The routes outlive the router.
  explicit Router(std::vector<Route*> routes);

  void on_request(net::HttpRequest request, net::Responder responder) override;
  [[nodiscard]] net::BodyRule body_rule(const net::HttpRequest& head) const override;

 private:
  [[nodiscard]] Route* find(std::string_view target) const;

  std::vector<Route*> routes_;
};

}  // namespace runnel::server
