#include "runnel/net/websocket_connection.h"

#include "base/check.h"

#include <algorithm>
#include <utility>

namespace runnel::net {

namespace {

// A flood of one peer must not keep a turn from ending: the rest is read in the next turn.
constexpr int kReadsPerEvent = 4;

}  // namespace

WebSocketConnection::WebSocketConnection(std::shared_ptr<ServerShard> shard, Begin begin,
                                         WebSocketHandler& handler)
    : shard_(std::move(shard)),
      handler_(handler),
      options_(begin.options),
      stream_(std::move(begin.stream)),
      ticket_(std::move(begin.ticket)),
      decoder_(
          {.role = WebSocketRole::Server, .message_bytes_max = begin.options.message_bytes_max}),
      last_received_ms_(shard_->loop().time().steady_ms()) {
  place_ = shard_->add(*this);
  loop().counters().websockets_open.add(1);
  if (!begin.early.empty()) early_ = std::make_unique<Bytes>(std::move(begin.early));
  if (!stream_.is_open()) {
    finish({.cause = "the peer hung up before the upgrade"});
    return;
  }
  stream_.set_owner(*this);
  out_.push_raw(share(to_bytes(begin.answer)));
  request_flush();
  stream_.wait_readable();
  // Spread over a quarter of the interval, so that those who arrive together are not pinged so.
  const std::int64_t spread = std::max<std::int64_t>(options_.ping_interval.count() / 4, 1);
  arm_ping(options_.ping_interval - Duration(static_cast<std::int64_t>(place_) % spread));
}

WebSocketConnection::~WebSocketConnection() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  loop().cancel(timer_);
  loop().counters().websockets_open.add(-1);
  shard_->remove(place_);
}

SendState WebSocketConnection::send(MessageKind kind, SharedBytes payload) {
  if (phase_ != Phase::Open) return SendState::Closed;
  out_.push_message(kind, std::move(payload));
  return queued();
}

SendState WebSocketConnection::send_frame(SharedBytes frame) {
  if (phase_ != Phase::Open) return SendState::Closed;
  out_.push_raw(std::move(frame));
  return queued();
}

SendState WebSocketConnection::queued() {
  loop().counters().messages_out.add();
  if (out_.bytes() > options_.send_bytes_max) {
    terminate("the receiver does not drain");
    return SendState::Closed;
  }
  request_flush();
  if (out_.bytes() > options_.send_congested_bytes) is_congested_ = true;
  return send_state();
}

SendState WebSocketConnection::send_state() const {
  if (phase_ != Phase::Open) return SendState::Closed;
  return out_.bytes() > options_.send_congested_bytes ? SendState::Congested : SendState::Open;
}

std::size_t WebSocketConnection::discard_queued() {
  if (phase_ != Phase::Open || !stream_.is_open()) return 0;
  return out_.discard_behind(stream_.tls_promised_bytes());
}

void WebSocketConnection::request_flush() { shard_->loop_impl().flush_list.add(*this); }

void WebSocketConnection::close(std::uint16_t code, std::string_view reason) {
  if (phase_ != Phase::Open) return;
  if (!is_sendable_close_code(code)) code = close_code::kInternalError;
  close_info_ = std::make_unique<CloseInfo>(
      CloseInfo{.code = code, .reason = std::string(reason), .cause = "closed by the server"});
  out_.push_raw(share(encode_close(code, reason)));
  phase_ = Phase::Closing;
  loop().cancel(timer_);
  timer_ = loop().after(options_.close_timeout, [this] {
    CloseInfo info = std::move(*close_info_);
    info.cause = "no answer to the close frame";
    finish(std::move(info));
  });
  // Reading must go on, or the peer's half of the handshake would never be seen.
  is_paused_ = false;
  stream_.wait_readable();
  request_flush();
}

void WebSocketConnection::terminate(std::string_view cause) {
  finish({.code = close_code::kAbnormal, .cause = cause});
}

void WebSocketConnection::pause_reading(bool pause) {
  if (phase_ != Phase::Open || is_paused_ == pause) return;
  is_paused_ = pause;
  if (!pause) stream_.wait_readable();
}

// Over from here on; the handler learns it at the end of the turn.
void WebSocketConnection::finish(CloseInfo info) {
  if (phase_ == Phase::Over) return;
  phase_ = Phase::Over;
  close_info_ = std::make_unique<CloseInfo>(std::move(info));
  loop().cancel(timer_);
  stream_.close();
  out_ = {};
  ticket_ = {};
  request_flush();
}

void WebSocketConnection::on_readable() {
  if (is_paused_ || !take_early()) return;
  const std::span<std::uint8_t> buffer = shard_->loop_impl().read_buffer();
  for (int reads = 0; reads < kReadsPerEvent; ++reads) {
    const IoResult result = stream_.read_some(buffer);
    switch (result.status) {
      case IoStatus::Done:
        if (!take_bytes(buffer.first(result.bytes))) return;
        break;
      case IoStatus::WantRead:
        stream_.wait_readable();
        return;
      case IoStatus::WantWrite:
        stream_.wait_writable();
        return;
      case IoStatus::Ended:
        finish({.cause = "the peer ended the connection without a close frame"});
        return;
      case IoStatus::Failed:
        finish({.cause = "the connection broke"});
        return;
    }
    if (is_paused_) return;
    if (result.bytes < buffer.size() && !stream_.is_tls()) break;
  }
  stream_.wait_readable();
}

bool WebSocketConnection::take_bytes(std::span<std::uint8_t> input) {
  bool is_destroyed = false;
  destroyed_ = &is_destroyed;
  loop().counters().bytes_in.add(input.size());
  last_received_ms_ = loop().time().steady_ms();
  pinged_ms_ = 0;
  while (true) {
    const WebSocketEvent event = decoder_.next(input);
    if (event.event == WebSocketEvent::Kind::NeedMore) break;
    const bool goes_on = take_event(event);
    if (is_destroyed) return false;
    if (!goes_on || phase_ == Phase::Over) break;
  }
  destroyed_ = nullptr;
  return phase_ != Phase::Over;
}

// What came behind the request is older than what can be read now.
bool WebSocketConnection::take_early() {
  if (early_ == nullptr) return true;
  const std::unique_ptr<Bytes> early = std::move(early_);
  return take_bytes(*early);
}

bool WebSocketConnection::take_event(const WebSocketEvent& event) {
  switch (event.event) {
    case WebSocketEvent::Kind::Message:
      loop().counters().messages_in.add();
      // What still arrives behind our close frame has no receiver any more.
      // The handler may destroy this: nothing of it is touched before the caller has looked.
      if (phase_ == Phase::Open) handler_.on_message(*this, event.kind, event.payload);
      return true;
    case WebSocketEvent::Kind::Ping:
      answer_ping(event.payload);
      return true;
    case WebSocketEvent::Kind::Pong:
    case WebSocketEvent::Kind::NeedMore:
      return true;
    case WebSocketEvent::Kind::Close:
      peer_closed(event);
      return false;
    case WebSocketEvent::Kind::Failure:
      peer_broke_protocol(event);
      return false;
  }
  return false;
}

// Pings of a peer that does not read would pile up answers; only the latest must be answered.
void WebSocketConnection::answer_ping(ByteView payload) {
  if (send_state() != SendState::Open) return;
  out_.push_raw(share(encode_control(Opcode::Pong, payload)));
  loop().counters().messages_out.add();
  request_flush();
}

void WebSocketConnection::peer_closed(const WebSocketEvent& event) {
  if (phase_ == Phase::Closing) {
    CloseInfo info = std::move(*close_info_);
    info.clean = true;
    hand_over_to_linger({});
    finish(std::move(info));
    return;
  }
  hand_over_to_linger(encode_close(event.code, {}));
  finish({.code = event.code,
          .reason = to_text(event.payload),
          .clean = true,
          .by_peer = true,
          .cause = "closed by the peer"});
}

void WebSocketConnection::peer_broke_protocol(const WebSocketEvent& event) {
  NetCounters& counters = loop().counters();
  (event.code == close_code::kTooLarge ? counters.too_large : counters.protocol_errors).add();
  const bool was_open = phase_ == Phase::Open;
  hand_over_to_linger(was_open ? encode_close(event.code, event.what) : Bytes{});
  finish({.code = event.code, .reason = std::string(event.what), .cause = event.what});
}

// The room is told at once that the connection is over; what it was sent before still leaves.
void WebSocketConnection::hand_over_to_linger(const Bytes& last_frame) {
  if (!last_frame.empty()) out_.push_raw(share(last_frame));
  shard_->linger(std::move(stream_), std::move(out_), std::move(ticket_));
  out_ = {};
}

void WebSocketConnection::on_writable() {
  is_write_blocked_ = false;
  flush();
}

void WebSocketConnection::flush() {
  if (phase_ == Phase::Over) {
    // The handler may destroy this, or keep it as long as it likes.
    if (close_info_ != nullptr) {
      const std::unique_ptr<CloseInfo> info = std::move(close_info_);
      handler_.on_close(*this, *info);
    }
    return;
  }
  if (!is_write_blocked_ && !write_out()) {
    finish({.cause = "the connection broke while it was written to"});
    return;
  }
  if (take_early()) report_drained();
}

// False when the connection is broken.
bool WebSocketConnection::write_out() {
  NetCounters& counters = loop().counters();
  while (!out_.is_empty()) {
    const IoResult result = stream_.write_front(out_);
    switch (result.status) {
      case IoStatus::Done:
        counters.writes.add();
        counters.bytes_out.add(result.bytes);
        break;
      case IoStatus::WantWrite:
      case IoStatus::WantRead:
        is_write_blocked_ = true;
        stream_.wait_writable();
        return true;
      case IoStatus::Ended:
      case IoStatus::Failed:
        return false;
    }
  }
  return true;
}

void WebSocketConnection::report_drained() {
  if (!is_congested_ || out_.bytes() > options_.send_congested_bytes / 2) return;
  is_congested_ = false;
  if (phase_ == Phase::Open) handler_.on_drained(*this);
}

void WebSocketConnection::arm_ping(Duration delay) {
  timer_ = loop().after(std::max(delay, Duration{1}), [this] { ping_due(); });
}

void WebSocketConnection::ping_due() {
  const std::int64_t now_ms = loop().time().steady_ms();
  if (pinged_ms_ != 0 && now_ms - pinged_ms_ >= options_.pong_timeout.count()) {
    loop().counters().dead_peers.add();
    finish({.cause = "the peer did not answer a ping"});
    return;
  }
  // Whoever is not read from cannot be heard.
  const Duration silent(is_paused_ ? 0 : now_ms - last_received_ms_);
  if (silent < options_.ping_interval) {
    arm_ping(options_.ping_interval - silent);
    return;
  }
  pinged_ms_ = now_ms;
  out_.push_raw(share(encode_control(Opcode::Ping, {})));
  loop().counters().messages_out.add();
  request_flush();
  arm_ping(options_.pong_timeout);
}

}  // namespace runnel::net
