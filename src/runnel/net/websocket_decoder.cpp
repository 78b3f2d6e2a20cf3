// The decoder reads a header byte by byte into `header_` (checking each rule as soon as its byte is
// there, so that a broken frame is refused without waiting for the rest), then the payload in the
// largest pieces that the input offers. A message that lies whole in one input is handed out as a
// view of that input, without a copy.
#include "runnel/net/websocket_codec.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace runnel::net {

namespace {

constexpr std::uint8_t kFinBit = 0x80;
constexpr std::uint8_t kReservedBits = 0x70;
constexpr std::uint8_t kMaskBit = 0x80;
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;

bool is_known_opcode(std::uint8_t value) noexcept {
  return value <= 0x2 || (value >= 0x8 && value <= 0xA);
}

// XORs `bytes` with the key, of which `offset` bytes were used before.
void unmask(std::span<std::uint8_t> bytes, const MaskKey& key, std::uint64_t offset) noexcept {
  std::array<std::uint8_t, 8> rotated{};
  for (std::size_t i = 0; i < rotated.size(); ++i) rotated[i] = key[(offset + i) % key.size()];
  std::uint64_t word_key = 0;
  std::memcpy(&word_key, rotated.data(), rotated.size());
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    word ^= word_key;
    std::memcpy(bytes.data() + at, &word, 8);
  }
  for (; at < bytes.size(); ++at) {
    bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ rotated[at % rotated.size()]);
  }
}

}  // namespace

WebSocketEvent WebSocketDecoder::next(std::span<std::uint8_t>& input) {
  release_delivered();
  WebSocketEvent event;
  while (true) {
    switch (state_) {
      case State::Header:
        if (read_header(input, event)) return event;
        if (state_ == State::Header && input.empty()) return {};
        break;
      case State::Payload:
        if (read_payload(input, event)) return event;
        if (state_ == State::Payload) return {};
        break;
      case State::Closed:
        input = {};
        return {};
      case State::Failed:
        input = {};
        broken(event, failure_code_, failure_);
        return event;
    }
  }
}

// Memory of a message belongs to the caller's event until the next call, and to nobody after it.
void WebSocketDecoder::release_delivered() {
  if (std::exchange(delivered_message_, false)) Bytes().swap(message_);
  if (std::exchange(delivered_control_, false)) Bytes().swap(control_);
}

std::size_t WebSocketDecoder::header_bytes_needed() const noexcept {
  if (header_bytes_ < 2) return 2;
  const auto length = static_cast<std::uint8_t>(header_[1] & ~kMaskBit);
  std::size_t needed = 2;
  if (length == kLength16) needed += 2;
  if (length == kLength64) needed += 8;
  return frame_.is_masked ? needed + frame_.mask.size() : needed;
}

bool WebSocketDecoder::read_header(Input& input, WebSocketEvent& event) {
  while (header_bytes_ < header_bytes_needed()) {
    if (input.empty()) return false;
    const std::uint8_t byte = input.front();
    input = input.subspan(1);
    header_[header_bytes_++] = byte;
    if (header_bytes_ == 1 && check_first_byte(byte, event)) return true;
    if (header_bytes_ == 2 && check_second_byte(byte, event)) return true;
    const std::size_t length_end = header_bytes_needed() - (frame_.is_masked ? 4U : 0U);
    if (header_bytes_ >= 2 && header_bytes_ == length_end && check_length(length_end - 2, event)) {
      return true;
    }
  }
  if (frame_.is_masked) {
    std::copy_n(header_.begin() + header_bytes_ - 4, 4, frame_.mask.begin());
  }
  return begin_payload(event);
}

bool WebSocketDecoder::check_first_byte(std::uint8_t byte, WebSocketEvent& event) {
  const auto opcode = static_cast<std::uint8_t>(byte & 0x0FU);
  if ((byte & kReservedBits) != 0) {
    return broken(event, close_code::kProtocolError, "a reserved bit is set");
  }
  if (!is_known_opcode(opcode)) {
    return broken(event, close_code::kProtocolError, "the opcode is reserved");
  }
  frame_ = Frame{};
  frame_.opcode = static_cast<Opcode>(opcode);
  frame_.fin = (byte & kFinBit) != 0;
  if (is_control()) {
    if (frame_.fin) return false;
    return broken(event, close_code::kProtocolError, "a control frame is fragmented");
  }
  if (frame_.opcode == Opcode::Continuation && !in_message_) {
    return broken(event, close_code::kProtocolError, "a continuation without a message");
  }
  if (frame_.opcode != Opcode::Continuation && in_message_) {
    return broken(event, close_code::kProtocolError, "a message inside a fragmented message");
  }
  return false;
}

bool WebSocketDecoder::check_second_byte(std::uint8_t byte, WebSocketEvent& event) {
  frame_.is_masked = (byte & kMaskBit) != 0;
  frame_.length = static_cast<std::uint8_t>(byte & ~kMaskBit);
  if (options_.role == WebSocketRole::Server && !frame_.is_masked) {
    return broken(event, close_code::kProtocolError, "a client's frame is not masked");
  }
  if (options_.role == WebSocketRole::Client && frame_.is_masked) {
    return broken(event, close_code::kProtocolError, "a server's frame is masked");
  }
  if (is_control() && frame_.length >= kLength16) {
    return broken(event, close_code::kProtocolError, "a control frame is longer than 125 bytes");
  }
  return false;
}

bool WebSocketDecoder::check_length(std::size_t length_bytes, WebSocketEvent& event) {
  if (length_bytes > 0) {
    frame_.length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) {
      frame_.length = (frame_.length << 8U) | header_[2 + i];
    }
    const std::uint64_t shorter_holds = length_bytes == 2 ? kLength16 - 1 : 0xFFFF;
    if (frame_.length <= shorter_holds) {
      return broken(event, close_code::kProtocolError, "a length is not in its shortest form");
    }
    if ((frame_.length >> 63U) != 0) {
      return broken(event, close_code::kProtocolError, "the highest bit of a length is set");
    }
  }
  const std::size_t held = in_message_ ? message_.size() : 0;
  if (!is_control() && frame_.length > options_.message_bytes_max - held) {
    return broken(event, close_code::kTooLarge, "the message is too large");
  }
  return false;
}

bool WebSocketDecoder::begin_payload(WebSocketEvent& event) {
  header_bytes_ = 0;
  state_ = State::Payload;
  if (!is_control() && !in_message_) {
    in_message_ = true;
    kind_ = frame_.opcode == Opcode::Text ? MessageKind::Text : MessageKind::Binary;
    utf8_ = {};
  }
  if (frame_.length > 0) return false;
  return is_control() ? take_control({}, event) : take_data({}, event);
}

bool WebSocketDecoder::read_payload(Input& input, WebSocketEvent& event) {
  if (input.empty()) return false;
  const std::uint64_t missing = frame_.length - frame_.received;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(missing, input.size()));
  const Input chunk = input.first(size);
  input = input.subspan(size);
  if (frame_.is_masked) unmask(chunk, frame_.mask, frame_.received);
  frame_.received += size;
  return is_control() ? take_control(chunk, event) : take_data(chunk, event);
}

bool WebSocketDecoder::take_data(ByteView chunk, WebSocketEvent& event) {
  if (kind_ == MessageKind::Text && !utf8_.feed(chunk)) {
    return broken(event, close_code::kInvalidData, "a text message is not valid UTF-8");
  }
  const bool frame_ends = frame_.received == frame_.length;
  const bool message_ends = frame_ends && frame_.fin;
  if (frame_ends) state_ = State::Header;
  if (!message_ends) {
    message_.insert(message_.end(), chunk.begin(), chunk.end());
    return false;
  }
  in_message_ = false;
  if (kind_ == MessageKind::Text && !utf8_.is_complete()) {
    return broken(event, close_code::kInvalidData, "a text message ends inside a character");
  }
  event = {.event = WebSocketEvent::Kind::Message, .kind = kind_, .payload = chunk};
  if (!message_.empty()) {
    message_.insert(message_.end(), chunk.begin(), chunk.end());
    event.payload = message_;
    delivered_message_ = true;
  }
  return true;
}

bool WebSocketDecoder::take_control(ByteView chunk, WebSocketEvent& event) {
  const bool ends = frame_.received == frame_.length;
  ByteView payload = chunk;
  if (!ends || !control_.empty()) {
    control_.insert(control_.end(), chunk.begin(), chunk.end());
    if (!ends) return false;
    payload = control_;
    delivered_control_ = true;
  }
  state_ = State::Header;
  if (frame_.opcode == Opcode::Close) return finish_close(payload, event);
  const bool is_ping = frame_.opcode == Opcode::Ping;
  event = {.event = is_ping ? WebSocketEvent::Kind::Ping : WebSocketEvent::Kind::Pong,
           .payload = payload};
  return true;
}

bool WebSocketDecoder::finish_close(ByteView payload, WebSocketEvent& event) {
  if (payload.empty()) {
    state_ = State::Closed;
    event = {.event = WebSocketEvent::Kind::Close, .code = close_code::kNoStatus};
    return true;
  }
  if (payload.size() == 1) {
    return broken(event, close_code::kProtocolError, "a close frame holds half a code");
  }
  const auto code = static_cast<std::uint16_t>((payload[0] << 8U) | payload[1]);
  if (!is_sendable_close_code(code)) {
    return broken(event, close_code::kProtocolError, "a close code must not be sent");
  }
  Utf8Validator reason;
  if (!reason.feed(payload.subspan(2)) || !reason.is_complete()) {
    return broken(event, close_code::kInvalidData, "a close reason is not valid UTF-8");
  }
  state_ = State::Closed;
  event = {.event = WebSocketEvent::Kind::Close, .code = code, .payload = payload.subspan(2)};
  return true;
}

bool WebSocketDecoder::broken(WebSocketEvent& event, std::uint16_t code, std::string_view what) {
  state_ = State::Failed;
  failure_code_ = code;
  failure_ = what;
  Bytes().swap(message_);
  Bytes().swap(control_);
  event = {.event = WebSocketEvent::Kind::Failure, .code = code, .what = what};
  return true;
}

}  // namespace runnel::net
