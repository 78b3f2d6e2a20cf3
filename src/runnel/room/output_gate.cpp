#include "runnel/room/output_gate.h"

#include "runnel/room/connection.h"

#include "base/check.h"

#include <utility>

namespace runnel::room {

void OutputGate::let_out(Held& held) {
  if (held.to == nullptr) return;
  if (held.payload != nullptr) {
    held.to->port_->send(held.kind, std::move(held.payload));
  } else {
    held.to->port_->close(held.code, held.reason);
  }
}

void OutputGate::write_finished() {
  RUNNEL_CHECK(finished_ < started_);
  ++finished_;
  while (!held_.empty() && held_.front().after <= finished_) {
    Held held = std::move(held_.front());
    held_.pop_front();
    let_out(held);
  }
}

void OutputGate::send(Connection& to, PayloadKind kind, SharedBytes payload) {
  RUNNEL_CHECK(payload != nullptr);
  if (is_open()) {
    to.port_->send(kind, std::move(payload));
    return;
  }
  held_.push_back({.after = started_,
                   .to = &to,
                   .kind = kind,
                   .payload = std::move(payload),
                   .code = 0,
                   .reason = {}});
}

void OutputGate::close(Connection& to, std::uint16_t code, std::string reason) {
  Held held{.after = started_,
            .to = &to,
            .kind = PayloadKind::Text,
            .payload = nullptr,
            .code = code,
            .reason = std::move(reason)};
  if (is_open()) {
    let_out(held);
  } else {
    held_.push_back(std::move(held));
  }
}

void OutputGate::forget(const Connection& connection) {
  for (Held& held : held_) {
    if (held.to == &connection) held.to = nullptr;
  }
}

}  // namespace runnel::room
