// Mailbox: what has arrived for a room that cannot take it yet, in order and bounded. Only messages
// of clients count towards the bound: connections have their own, and a close must never be lost.
#pragma once

#include "runnel/room/room_handler.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "base/payload.h"

#include <cstddef>
#include <list>
#include <optional>
#include <utility>
#include <variant>

namespace runnel::room {

struct ConnectEvent {
  ConnectionId connection;
};

struct MessageEvent {
  ConnectionId connection;
  PayloadKind kind{PayloadKind::Binary};
  Bytes payload;
};

struct CloseEvent {
  ConnectionId connection;
};

struct RequestEvent {
  RoomRequest request;
  Respond respond;
};

struct AlarmEvent {};

using RoomEvent = std::variant<ConnectEvent, MessageEvent, CloseEvent, RequestEvent, AlarmEvent>;

class Mailbox {
 public:
  Mailbox(std::size_t messages_max, std::size_t bytes_max)
      : messages_max_(messages_max), bytes_max_(bytes_max) {}

  // False when a message (or a request) is over the bound; everything else always fits.
  [[nodiscard]] bool push(RoomEvent event) {
    const std::size_t bytes = size_of(event);
    if (bytes > 0) {
      if (messages_ + 1 > messages_max_ || bytes_ + bytes > bytes_max_) return false;
      ++messages_;
      bytes_ += bytes;
    }
    events_.push_back(std::move(event));
    return true;
  }

  std::optional<RoomEvent> pop() {
    if (events_.empty()) return std::nullopt;
    RoomEvent event = std::move(events_.front());
    events_.pop_front();
    if (const std::size_t bytes = size_of(event); bytes > 0) {
      --messages_;
      bytes_ -= bytes;
    }
    return event;
  }

  [[nodiscard]] bool is_empty() const noexcept { return events_.empty(); }

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  void clear() {
    events_.clear();
    messages_ = 0;
    bytes_ = 0;
  }

 private:
  // What an event counts; 0 for those that are not bounded here.
  static std::size_t size_of(const RoomEvent& event) {
    if (const auto* message = std::get_if<MessageEvent>(&event)) return message->payload.size() + 1;
    if (const auto* request = std::get_if<RequestEvent>(&event)) {
      return request->request.body.size() + 1;
    }
    return 0;
  }

  std::size_t messages_max_;
  std::size_t bytes_max_;
  std::size_t messages_{0};
  std::size_t bytes_{0};
  std::list<RoomEvent> events_;  // empty for most of a room's life, and then it costs nothing
};

}  // namespace runnel::room
