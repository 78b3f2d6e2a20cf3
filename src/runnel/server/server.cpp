#include "runnel/server/server.h"

#include "runnel/net/signals.h"
#include "runnel/net/tls.h"
#include "runnel/server/admin_api.h"
#include "runnel/server/config_files.h"
#include "runnel/server/drain_control.h"
#include "runnel/server/embedded_files.h"
#include "runnel/server/event_feed.h"
#include "runnel/server/health_routes.h"
#include "runnel/server/local_routes.h"
#include "runnel/server/loop_parts.h"
#include "runnel/server/process_stats.h"
#include "runnel/server/readiness.h"
#include "runnel/server/room_gateway.h"
#include "runnel/server/router.h"
#include "runnel/server/setting_checks.h"
#include "runnel/server/static_files.h"
#include "runnel/server/stats_collector.h"
#include "runnel/server/store_host.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <future>
#include <optional>
#include <utility>
#include <vector>

namespace runnel::server {

namespace {

// Together below the 10 s within which a supervisor expects the end.
constexpr std::chrono::seconds kDrainLimit{6};
constexpr Duration kFlushLimit{2000};

// A drain that was asked for has more time: nobody waits for the process to end.
constexpr Duration kDrainFlushLimit{30'000};
constexpr std::chrono::seconds kCloseLimit{2};

constexpr const char* kNoDemoPage =
    "<!doctype html><meta charset=\"utf-8\"><title>Runnel</title>"
    "<body style=\"font:16px/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem\">"
    "<h1>Runnel is running</h1><p>Rooms, the admin API and the <a href=\"/_/\">dashboard</a> are "
    "here. The demo workspace was not built into this binary: install Node.js 18 or later and call "
    "<code>./run</code> again.</p>";

std::size_t loop_count(const Config& config) {
  return config.server.loops > 0 ? config.server.loops : usable_cores();
}

Result<net::HttpServerOptions> http_options(const Config& config) {
  net::HttpServerOptions options;
  options.connections_max = config.limits.connections;
  options.address_limits.connections_max = config.limits.connections_per_address;
  options.address_limits.handshakes_per_second =
      static_cast<std::uint32_t>(config.limits.handshakes_per_second);
  for (const std::string& text : config.server.trusted_proxies) {
    options.trusted_proxies.push_back(RUNNEL_TRY(net::AddressBlock::parse(text)));
  }
  return options;
}

// A file is read again whenever it may have changed; one that is of no use now is a mistake.
Result<void> check_key_set(const std::string& jwks) {
  if (is_url(jwks)) return check_url(jwks);
  Result<std::string> text = read_text_file(jwks);
  const auto keys = text ? auth::parse_jwks(*text)
                         : Result<std::vector<auth::JwtKey>>(std::unexpected(text.error()));
  if (keys) return {};
  return fail(Errc::Invalid,
              "auth.jwks: expected a JSON Web Key Set, as a file or an http(s) URL: " + jwks +
                  ": " + to_string(keys.error()));
}

Result<std::vector<auth::JwtKey>> fixed_keys(const Config& config) {
  std::vector<auth::JwtKey> keys;
  if (config.auth.mode != AuthMode::Jwt) return keys;
  if (!config.auth.jwks.empty()) {
    RUNNEL_TRY_VOID(check_key_set(config.auth.jwks));
  } else if (!config.auth.public_key.empty()) {
    const std::string pem = RUNNEL_TRY(read_text_file(config.auth.public_key));
    keys.push_back({"", RUNNEL_TRY(net::VerifyingKey::from_pem(pem))});
  } else if (!config.auth.secret.empty()) {
    keys.push_back(
        {"", RUNNEL_TRY(net::VerifyingKey::from_secret(as_bytes(config.auth.secret.reveal())))});
  } else {
    return fail(Errc::Invalid,
                "auth.mode is jwt, but there is no key: set auth.jwks, auth.public_key or "
                "auth.secret");
  }
  return keys;
}

std::string backend_kind_name(BackendKind kind) {
  switch (kind) {
    case BackendKind::Embedded:
      return "embedded";
    case BackendKind::Http:
      return "http";
    case BackendKind::None:
      break;
  }
  return "none";
}

bool backend_is_configured(const BackendConfig& config) {
  return config.kind != BackendKind::Http || (!config.url.empty() && !config.secret.empty());
}

bool needs_client(const Config& config) {
  return config.backend.kind == BackendKind::Http || !config.auth.jwks.empty();
}

// Runs `build` on the loop and waits for it.
void run_on(net::EventLoop& loop, std::function<void()> build) {
  std::promise<void> done;
  loop.post([&build, &done] {
    build();
    done.set_value();
  });
  done.get_future().wait();
}

RoomGatewayOptions gateway_options(const Config& config) {
  RoomGatewayOptions options;
  options.paths.yjs_prefix = config.rooms.yjs_prefix;
  options.paths.has_party = [](std::string_view party) {
    return party == kMainParty || party == kPresenceParty;
  };
  options.allowed_origins = config.server.allowed_origins;
  options.types = config.rooms.types;
  return options;
}

}  // namespace

// Members in the order in which they are built; taken down in reverse, except for what lives on a
// loop, which is taken down there (take_down_loops).
struct Assembly {
  Assembly(ServerOptions chosen, Log& to, const TimeSource& clock)
      : options(std::move(chosen)), log(to), time(clock) {}

  ServerOptions options;
  bool notes_saves{false};
  Log& log;
  const TimeSource& time;
  SystemTime loop_time;
  SystemRandom random;
  collab::CollabMetrics collab_metrics;
  auth::AccessCounters access_counters;
  std::unique_ptr<StoreHost> store;
  std::vector<auth::JwtKey> keys;
  std::unique_ptr<net::HttpClient> client;
  std::unique_ptr<EmbeddedHost> embedded;
  std::unique_ptr<net::TlsContext> tls;
  std::unique_ptr<net::LoopGroup> loops;
  std::unique_ptr<Shards> shards;
  std::vector<std::unique_ptr<LoopParts>> parts;
  std::unique_ptr<StatsCollector> stats;
  std::unique_ptr<DrainControl> drain;
  std::unique_ptr<EventFeed> events;
  std::unique_ptr<LocalRoutes> local;
  std::vector<std::unique_ptr<Route>> routes;
  std::unique_ptr<Router> router;
  std::unique_ptr<net::HttpServer> http;
  std::optional<SocketPath> socket_path;
  std::unique_ptr<net::SignalWatcher> signals;
  std::promise<void> asked_to_stop;
  bool stop_was_asked{false};  // on the first loop
  std::uint16_t port{0};
  bool stopped{false};

  [[nodiscard]] const Config& config() const { return options.loaded.config; }

  Result<void> build_loops();
  Result<void> build_routes();
  Result<void> listen();
  void watch_signals();
  void on_signal(int signal);
  void drain_rooms();
  void shut_listeners();
  void take_down_loops();
};

// Everything that is, in the order in which it comes to be.
Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Log& log,
                                              const TimeSource& time) {
  BackendKind& kind = options.loaded.config.backend.kind;
  const bool notes_saves = !options.has_backend && kind != BackendKind::None;
  if (!options.has_backend) kind = BackendKind::None;
  auto assembly = std::make_unique<Assembly>(std::move(options), log, time);
  assembly->notes_saves = notes_saves;
  assembly->store = RUNNEL_TRY(StoreHost::open(assembly->config(), time, log));
  assembly->keys = RUNNEL_TRY(fixed_keys(assembly->config()));
  RUNNEL_TRY_VOID(assembly->build_loops());
  // From here on the destructor has threads to end.
  std::unique_ptr<Server> server(new Server(std::move(assembly)));
  RUNNEL_TRY_VOID(server->assembly_->build_routes());
  RUNNEL_TRY_VOID(server->assembly_->listen());
  for (const ReadinessIssue& issue : readiness_issues(server->assembly_->config(), false)) {
    log.warning(issue.detail, {{"about", issue.name}});
  }
  if (server->assembly_->options.listens) log.info("listening on " + server->url());
  return server;
}

Result<void> Assembly::build_loops() {
  if (!config().server.tls_cert.empty() && options.listens) {
    tls = RUNNEL_TRY(net::TlsContext::create({config().server.tls_cert, config().server.tls_key}));
  }
  if (needs_client(config())) client = net::make_curl_client();
  if (config().backend.kind == BackendKind::Embedded) {
    embedded = RUNNEL_TRY(EmbeddedHost::open({.path = config().server.data_dir + "/backend.db",
                                              .secret = config().backend.secret,
                                              .demo = options.dev},
                                             time, log));
  }
  loops = std::make_unique<net::LoopGroup>(
      loop_count(config()), loop_time, [this](std::string_view what) {
        log.error("an exception reached the event loop; this is a bug", {{"what", what}});
      });
  shards = std::make_unique<Shards>(*loops);
  if (embedded) embedded->tell(*shards);
  if (options.listens) watch_signals();
  loops->start();
  const LoopPartsDeps deps{.config = config(),
                           .dev = options.dev,
                           .time = time,
                           .log = log,
                           .store = store->store(),
                           .client = client.get(),
                           .embedded = embedded.get(),
                           .notes_saves = notes_saves,
                           .collab_metrics = collab_metrics,
                           .access_counters = access_counters,
                           .fixed_keys = keys};
  for (std::size_t i = 0; i < shards->size(); ++i) {
    Shard& shard = shards->at(i);
    std::promise<void> started;
    run_on(shard.loop, [this, &shard, &deps, &started] {
      parts.push_back(std::make_unique<LoopParts>(shard, shards->size(), deps));
      parts.back()->start([&started] { started.set_value(); });
    });
    started.get_future().wait();
  }
  return {};
}

Result<void> Assembly::build_routes() {
  stats = std::make_unique<StatsCollector>(StatsCollectorDeps{
      *shards, store->store().metrics(), collab_metrics, time, store->database_path(),
      backend_kind_name(config().backend.kind), backend_is_configured(config().backend)});
  events = std::make_unique<EventFeed>(*shards, *stats);
  drain = std::make_unique<DrainControl>(
      *shards, *stats,
      DrainShard{.drain =
                     [this](std::size_t index, Duration over, Task done) {
                       if (!parts[index]) return;
                       parts[index]->drain_slowly(over, kDrainFlushLimit, std::move(done));
                     },
                 .undrain =
                     [this](std::size_t index) {
                       if (parts[index]) parts[index]->undrain();
                     }});
  auth::Secret secret = config().admin.secret;
  if (secret.empty()) {
    secret = RUNNEL_TRY(load_or_make_admin_secret(config().server.data_dir, random));
  }
  const auto add = [this](std::unique_ptr<Route> route) { routes.push_back(std::move(route)); };
  add(std::make_unique<AdminApi>(AdminApiDeps{*shards, *stats, *events, *drain}, std::move(secret),
                                 config().limits.document_bytes));
  add(std::make_unique<HealthRoutes>(
      [this] { return readiness_issues(config(), stats->is_draining()); }, *stats,
      MetricsDeps{*shards, store->store().metrics(), collab_metrics, access_counters}));
  add(std::make_unique<StaticFiles>("/_/", dashboard_files()));
  // Behind what is served at fixed paths: rooms.yjs_prefix may be / itself.
  add(std::make_unique<RoomGateway>(*shards, gateway_options(config())));
  add(std::make_unique<StaticFiles>("/", demo_files(), kNoDemoPage));
  std::vector<Route*> in_order;
  local = std::make_unique<LocalRoutes>(config().server.data_dir);
  in_order.push_back(local.get());
  if (embedded) in_order.push_back(embedded.get());
  for (const auto& route : routes) in_order.push_back(route.get());
  router = std::make_unique<Router>(std::move(in_order));
  return {};
}

Result<void> Assembly::listen() {
  http = std::make_unique<net::HttpServer>(*loops, RUNNEL_TRY(http_options(config())), *router);
  socket_path.emplace(RUNNEL_TRY(SocketPath::in(config().server.data_dir)));
  net::ListenOptions unix_socket;
  unix_socket.unix_path = socket_path->text();
  (void)RUNNEL_TRY(http->listen(unix_socket));
  if (!options.listens) return {};
  net::ListenOptions tcp;
  tcp.host = config().server.host;
  tcp.port = config().server.port;
  tcp.tls = tls.get();
  const Result<std::uint16_t> bound = http->listen(tcp);
  if (!bound) {
    return fail(bound.error().code, bound.error().detail +
                                        "; choose another address with --host, "
                                        "or another port with --port (0: any)");
  }
  port = *bound;
  return {};
}

void Assembly::watch_signals() {
  signals = std::make_unique<net::SignalWatcher>(
      loops->at(0), std::initializer_list<int>{SIGTERM, SIGINT, SIGHUP},
      [this](int signal) { on_signal(signal); });
}

void Assembly::on_signal(int signal) {
  if (signal != SIGHUP) {
    if (!stop_was_asked) asked_to_stop.set_value();
    stop_was_asked = true;
    return;
  }
  if (!tls) return;
  const Result<void> reloaded = tls->reload();
  if (reloaded) {
    log.info("the certificate was read again");
  } else {
    log.error("the certificate could not be read again; the old one goes on serving",
              {{"why", to_string(reloaded.error())}});
  }
}

void Assembly::drain_rooms() {
  std::vector<std::future<void>> drained;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto done = std::make_shared<std::promise<void>>();
    drained.push_back(done->get_future());
    shards->at(i).loop.post(
        [part = parts[i].get(), done] { part->drain(kFlushLimit, [done] { done->set_value(); }); });
  }
  const auto deadline = std::chrono::steady_clock::now() + kDrainLimit;
  for (const std::future<void>& each : drained) {
    if (each.wait_until(deadline) != std::future_status::ready) {
      log.warning("not every room could be saved in time; their logs have everything");
      return;
    }
  }
}

void Assembly::shut_listeners() {
  if (!http) return;
  auto closed = std::make_shared<std::promise<void>>();
  const std::future<void> over = closed->get_future();
  net::ShutdownOptions shutdown;
  shutdown.spread = Duration(0);
  shutdown.deadline = std::chrono::duration_cast<Duration>(kCloseLimit);
  http->shutdown(shutdown, [closed] { closed->set_value(); });
  over.wait_for(kCloseLimit + std::chrono::seconds(1));
}

void Assembly::take_down_loops() {
  // Its last answers reach those who asked before these go.
  if (embedded) embedded->stop();
  if (local) local->stop();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    run_on(shards->at(i).loop, [this, i] { parts[i].reset(); });
  }
  if (events) run_on(loops->at(0), [this] { events.reset(); });
  loops->stop();
}

Server::Server(std::unique_ptr<Assembly> assembly) : assembly_(std::move(assembly)) {}

Server::~Server() { stop(); }

void Server::stop() {
  if (std::exchange(assembly_->stopped, true)) return;
  if (assembly_->drain) assembly_->drain->stopping();
  assembly_->drain_rooms();
  assembly_->shut_listeners();
  assembly_->take_down_loops();
  if (const Result<void> closed = assembly_->store->close(); !closed) {
    assembly_->log.warning("the store could not be folded; the next start does it",
                           {{"why", to_string(closed.error())}});
  }
}

std::string Server::url() const {
  if (!assembly_->options.listens) return {};
  const std::string& host = assembly_->config().server.host;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return std::string(assembly_->tls ? "https://" : "http://") +
         (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(assembly_->port);
}

void Server::wait_for_signal() { assembly_->asked_to_stop.get_future().wait(); }

}  // namespace runnel::server
