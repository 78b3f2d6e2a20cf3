#include "runnel/room/output_gate.h"

#include "runnel/room/connection.h"

#include "base/check.h"

#include <utility>

namespace runnel::room {

namespace {

constexpr std::size_t kKeptCapacity = 1024;

}  // namespace

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
  while (next_ < held_.size() && held_[next_].after <= finished_) {
    Held held = std::move(held_[next_]);
    ++next_;
    let_out(held);
  }
  if (next_ == held_.size()) {
    // A room at rest keeps no memory for the turns that it had.
    held_.clear();
    if (held_.capacity() > kKeptCapacity) held_.shrink_to_fit();
    next_ = 0;
  } else if (next_ >= kKeptCapacity) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(next_));
    next_ = 0;
  }
  if (!waiting_.empty()) run_waiting();
}

void OutputGate::run_waiting() {
  while (!waiting_.empty() && waiting_.front().after <= finished_) {
    const auto first = waiting_.begin();
    std::move_only_function<void()> then = std::move(first->then);
    waiting_.erase(first);
    then();
  }
}

void OutputGate::after_writes(std::move_only_function<void()> then) {
  if (is_open()) {
    then();
  } else {
    waiting_.push_back({.after = started_, .then = std::move(then)});
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
