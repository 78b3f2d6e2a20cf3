#include "runnel/server/router.h"

#include "runnel/net/http_types.h"

#include <algorithm>
#include <utility>

namespace runnel::server {

Router::Router(std::vector<Route*> routes) : routes_(std::move(routes)) {}

void Router::on_request(net::HttpRequest request, net::Responder responder) {
  Route* route = find(request.target);
  if (route == nullptr) {
    responder.send(net::text_response(404, "Nothing is served at this path\n"));
    return;
  }
  route->handle(std::move(request), std::move(responder));
}

net::BodyRule Router::body_rule(const net::HttpRequest& head) const {
  const Route* route = find(head.target);
  return route == nullptr ? net::BodyRule{} : route->body_rule(head);
}

Route* Router::find(std::string_view target) const {
  const std::string_view path = net::split_target(target).path;
  const auto found =
      std::ranges::find_if(routes_, [path](const Route* route) { return route->wants(path); });
  return found == routes_.end() ? nullptr : *found;
}

}  // namespace runnel::server
