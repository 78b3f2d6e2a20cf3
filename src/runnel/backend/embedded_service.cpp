#include "runnel/backend/embedded_service.h"

#include <utility>

namespace runnel::backend {

Result<std::unique_ptr<EmbeddedService>> EmbeddedService::create(EmbeddedDeps deps,
                                                                 EmbeddedOptions options) {
  EmbeddedStore store = RUNNEL_TRY(EmbeddedStore::open(options.path));
  if (options.demo) RUNNEL_TRY_VOID(seed_demo(store));
  return std::unique_ptr<EmbeddedService>(
      new EmbeddedService(std::move(deps), std::move(options), std::move(store)));
}

EmbeddedService::EmbeddedService(EmbeddedDeps deps, EmbeddedOptions options, EmbeddedStore store)
    : options_(std::move(options)),
      store_(std::move(store)),
      access_(store_, deps.time, deps.random, options_.secret),
      snapshots_(store_, deps.time),
      collaboration_(store_, access_, snapshots_, options_.secret, deps.log),
      api_({.store = store_,
            .access = access_,
            .snapshots = snapshots_,
            .secret = options_.secret,
            .time = deps.time,
            .random = deps.random,
            .log = deps.log,
            .on_change = std::move(deps.on_change),
            .sign_in = options_.demo}) {}

net::HttpResponse EmbeddedService::handle(const net::HttpRequest& request) {
  const std::string_view path = net::split_target(request.target).path;
  if (!EmbeddedCollaboration::wants(path)) return api_.handle(request);
  // A cookie counts for the JSON that our own pages send, not for a form of another site.
  const auto type = request.headers.find("Content-Type");
  const bool is_json = type && type->starts_with("application/json");
  const auto user = is_json ? api_.session_user(request) : Result<std::string>(std::string{});
  return collaboration_.handle(request, user ? *user : std::string{});
}

}  // namespace runnel::backend
