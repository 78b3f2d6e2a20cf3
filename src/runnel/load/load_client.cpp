#include "runnel/load/load_client.h"

#include <chrono>
#include <string>
#include <utility>

namespace runnel::load {

namespace {

// Every run has client ids of its own: a server that kept documents would take an update with a
// clock that it knows for a repetition.
std::uint64_t draw_client_id(RandomSource& random) { return 1 + random.below(0xFFFF'FFF0U); }

}  // namespace

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

std::string first_reason(const std::vector<std::unique_ptr<LoadClient>>& clients) {
  for (const auto& client : clients) {
    if (!client->why_ended().empty()) return "; " + client->why_ended();
  }
  return {};
}

LoadClient::LoadClient(net::EventLoop& loop, RandomSource& random, const Endpoint& endpoint,
                       const std::string& room, unsigned index, Events events)
    : loop_(loop),
      random_(random),
      endpoint_(endpoint),
      room_(room),
      index_(index),
      events_(std::move(events)),
      wire_(endpoint.dialect, room),
      client_id_(draw_client_id(random)),
      writer_(client_id_, "text") {}

void LoadClient::connect() {
  std::string target = endpoint_.prefix + room_;
  if (!endpoint_.query.empty()) target += "?" + endpoint_.query;
  client_ = net::WebSocketClient::connect(
      loop_, random_, {.host = endpoint_.host, .port = endpoint_.port, .target = std::move(target)},
      *this);
}

void LoadClient::on_open() {
  is_open_ = true;
  for (const Bytes& message : wire_.hello()) client_->send(net::MessageKind::Binary, message);
  events_.opened();
}

void LoadClient::on_message(net::MessageKind kind, ByteView payload) {
  if (kind == net::MessageKind::Binary) events_.message(payload);
}

void LoadClient::on_end(const End& end) {
  why_ended_ = is_open_ ? "a connection ended with code " + std::to_string(end.code)
                        : "a connection was refused with status " + std::to_string(end.status);
  if (!end.reason.empty()) why_ended_ += ": " + end.reason;
  is_open_ = false;
  events_.ended();
}

void LoadClient::send_update(std::string_view text) {
  client_->send(net::MessageKind::Binary, wire_.update(writer_.append(text)));
}

void LoadClient::send_awareness(std::string_view json) {
  client_->send(net::MessageKind::Binary, wire_.awareness(client_id_, ++awareness_clock_, json));
}

}  // namespace runnel::load
