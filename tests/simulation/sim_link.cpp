#include "sim_link.h"

#include <algorithm>
#include <utility>

namespace runnel::simulation {

namespace {

constexpr std::uint16_t kAbnormal = 1006;
constexpr std::int64_t kCloseTimeoutMs = 10'000;
constexpr std::int64_t kPingMs = 45'000;  // a dead peer is noticed by then
constexpr std::int64_t kProbeMs = 5'000;

}  // namespace

std::int64_t SimLink::delay_ms() {
  // Mostly quick, now and then very slow.
  return scheduler_.happens(50) ? scheduler_.between(0, 3000) : scheduler_.between(0, 40);
}

void SimLink::send_to_server(PayloadKind kind, Bytes payload) {
  server_free_ms_ = std::max(server_free_ms_, scheduler_.now_ms() + delay_ms());
  scheduler_.after(server_free_ms_ - scheduler_.now_ms(),
                   [self = shared_from_this(), kind, payload = std::move(payload)]() mutable {
                     if (!self->cut_ && self->at_server) self->at_server(kind, std::move(payload));
                   });
}

void SimLink::send_to_client(PayloadKind kind, SharedBytes payload) {
  if (on_sent && kind == PayloadKind::Binary) on_sent(payload);
  buffered_bytes_ += payload->size();
  largest_message_ = std::max(largest_message_, payload->size());
  const std::int64_t arrives = arrival_ms(payload->size());
  scheduler_.after(arrives - scheduler_.now_ms(),
                   [self = shared_from_this(), kind, payload = std::move(payload)] {
                     if (self->cut_) return;
                     self->buffered_bytes_ -= payload->size();
                     if (self->at_client) self->at_client(kind, payload);
                   });
}

// When a message of that size has reached the client.
std::int64_t SimLink::arrival_ms(std::size_t bytes) {
  const std::int64_t begins = std::max(client_free_ms_, stalled_until_ms_);
  const std::int64_t takes =
      bytes_per_second_ == 0 ? 0 : static_cast<std::int64_t>(bytes * 1000 / bytes_per_second_);
  client_free_ms_ = std::max(begins, scheduler_.now_ms() + delay_ms()) + takes;
  return client_free_ms_;
}

void SimLink::lose_server_end(std::int64_t delay) {
  scheduler_.after(delay, [self = shared_from_this()] {
    const auto lost = std::exchange(self->server_lost, nullptr);
    self->at_server = nullptr;
    if (lost) lost();
  });
}

void SimLink::lose_client_end(std::int64_t delay, std::uint16_t code) {
  scheduler_.after(delay, [self = shared_from_this(), code] {
    const auto lost = std::exchange(self->client_lost, nullptr);
    self->at_client = nullptr;
    if (lost) lost(code);
  });
}

void SimLink::close_by_server(std::uint16_t code) {
  if (cut_) {
    lose_server_end(kCloseTimeoutMs);
    return;
  }
  const std::int64_t now_ms = scheduler_.now_ms();
  client_free_ms_ = std::max({client_free_ms_, now_ms + delay_ms(), stalled_until_ms_});
  const std::int64_t arrives = client_free_ms_ - now_ms;
  lose_client_end(arrives, code);
  lose_server_end(std::min(arrives + delay_ms(), kCloseTimeoutMs));
}

void SimLink::close_by_client() {
  client_lost = nullptr;
  at_client = nullptr;
  if (cut_) return;  // the server does not hear it
  const std::int64_t now_ms = scheduler_.now_ms();
  server_free_ms_ = std::max(server_free_ms_, now_ms + delay_ms());
  lose_server_end(server_free_ms_ - now_ms);
}

void SimLink::cut() {
  if (std::exchange(cut_, true)) return;
  lose_server_end(scheduler_.between(0, kPingMs));
  lose_client_end(scheduler_.between(0, 30'000), kAbnormal);
}

void SimLink::server_died() {
  at_server = nullptr;
  server_lost = nullptr;
  // What was in flight still arrives: TCP has it already. Then the connection is reset.
  const std::int64_t rest = std::max<std::int64_t>(client_free_ms_ - scheduler_.now_ms(), 0);
  lose_client_end(rest + scheduler_.between(0, 500), kAbnormal);
}

void SimLink::probe() {
  if (cut_) lose_server_end(kProbeMs);
}

void SimLink::stall(std::int64_t for_ms) {
  stalled_until_ms_ = std::max(stalled_until_ms_, scheduler_.now_ms() + for_ms);
}

}  // namespace runnel::simulation
