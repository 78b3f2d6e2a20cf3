// The floor under every fan-out figure: a server on runnel/net that does nothing but frame and
// send. What one connection of a room (the path of its URL) sends goes to the others of that room,
// one shared payload for all of them. No document, no storage, no rights.
// usage: bare_broadcast PORT [CERTIFICATE KEY]
#include "runnel/net/event_loop.h"
#include "runnel/net/http_server.h"
#include "runnel/net/signals.h"
#include "runnel/net/tls.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace runnel {
namespace {

class BareRoom final : public net::WebSocketHandler {
 public:
  void join(net::Responder responder) {
    std::unique_ptr<net::WebSocket> websocket = responder.upgrade({}, *this);
    net::WebSocket* const key = websocket.get();
    members_.emplace(key, std::move(websocket));
  }

  void on_message(net::WebSocket& sender, net::MessageKind kind, ByteView payload) override {
    const SharedBytes shared = share(to_bytes(payload));
    for (const auto& [websocket, owned] : members_) {
      if (websocket != &sender) websocket->send(kind, shared);
    }
  }

  void on_close(net::WebSocket& websocket, const net::CloseInfo& /*info*/) override {
    members_.erase(&websocket);
  }

 private:
  std::unordered_map<net::WebSocket*, std::unique_ptr<net::WebSocket>> members_;
};

class BareServer final : public net::HttpHandler {
 public:
  void on_request(net::HttpRequest request, net::Responder responder) override {
    if (request.wants_websocket) {
      rooms_[std::string(net::split_target(request.target).path)].join(std::move(responder));
    } else {
      responder.send(net::text_response(200, "bare\n"));
    }
  }

 private:
  std::map<std::string, BareRoom> rooms_;
};

int run(std::uint16_t port, const net::TlsFiles* files) {
  SystemTime time;
  std::unique_ptr<net::TlsContext> tls;
  if (files != nullptr) {
    auto created = net::TlsContext::create(*files);
    if (!created) {
      std::fprintf(stderr, "%s\n", to_string(created.error()).c_str());
      return 1;
    }
    tls = std::move(*created);
  }
  net::LoopGroup loops(1, time);
  BareServer handler;
  net::HttpServer server(loops, {}, handler);
  const auto listening = server.listen({.port = port, .tls = tls.get()});
  if (!listening) {
    std::fprintf(stderr, "%s\n", to_string(listening.error()).c_str());
    return 1;
  }
  std::printf("listening on %u\n", static_cast<unsigned>(*listening));
  std::fflush(stdout);
  const net::SignalWatcher watcher(loops.at(0), {SIGTERM, SIGINT}, [](int) { std::_Exit(0); });
  loops.at(0).run();
  return 0;
}

}  // namespace
}  // namespace runnel

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    std::fprintf(stderr, "usage: bare_broadcast PORT [CERTIFICATE KEY]\n");
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  if (argc == 2) return runnel::run(port, nullptr);
  const runnel::net::TlsFiles files{.certificate_path = argv[2], .key_path = argv[3]};
  return runnel::run(port, &files);
}
