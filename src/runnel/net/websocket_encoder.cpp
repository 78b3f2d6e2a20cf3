#include "runnel/net/websocket_codec.h"

#include <algorithm>

namespace runnel::net {

namespace {

constexpr std::size_t kControlPayloadMax = 125;
constexpr std::size_t kCloseReasonMax = kControlPayloadMax - 2;

Opcode opcode_of(MessageKind kind) noexcept {
  return kind == MessageKind::Text ? Opcode::Text : Opcode::Binary;
}

// `text` cut to at most `bytes_max` bytes, not inside a character.
std::string_view cut_at_character(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

bool is_sendable_close_code(std::uint16_t code) noexcept {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

std::size_t write_frame_header(Opcode opcode, std::uint64_t payload_bytes,
                               std::span<std::uint8_t, kFrameHeaderBytesMax> out) noexcept {
  out[0] = static_cast<std::uint8_t>(0x80U | static_cast<unsigned>(opcode));
  std::size_t length_bytes = 0;
  if (payload_bytes < 126) {
    out[1] = static_cast<std::uint8_t>(payload_bytes);
  } else if (payload_bytes <= 0xFFFF) {
    out[1] = 126;
    length_bytes = 2;
  } else {
    out[1] = 127;
    length_bytes = 8;
  }
  for (std::size_t i = 0; i < length_bytes; ++i) {
    out[2 + i] = static_cast<std::uint8_t>(payload_bytes >> (8 * (length_bytes - 1 - i)));
  }
  return 2 + length_bytes;
}

SharedBytes encode_frame(MessageKind kind, ByteView payload) {
  return encode_frame(kind, {payload});
}

SharedBytes encode_frame(MessageKind kind, std::initializer_list<ByteView> parts) {
  std::size_t payload_bytes = 0;
  for (const ByteView part : parts) payload_bytes += part.size();
  std::array<std::uint8_t, kFrameHeaderBytesMax> header{};
  const std::size_t header_bytes = write_frame_header(opcode_of(kind), payload_bytes, header);
  Bytes frame;
  frame.reserve(header_bytes + payload_bytes);
  frame.insert(frame.end(), header.begin(), header.begin() + header_bytes);
  for (const ByteView part : parts) frame.insert(frame.end(), part.begin(), part.end());
  return share(std::move(frame));
}

Bytes encode_control(Opcode opcode, ByteView payload) {
  payload = payload.first(std::min(payload.size(), kControlPayloadMax));
  std::array<std::uint8_t, kFrameHeaderBytesMax> header{};
  const std::size_t header_bytes = write_frame_header(opcode, payload.size(), header);
  Bytes frame(header.begin(), header.begin() + header_bytes);
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

Bytes encode_close(std::uint16_t code, std::string_view reason) {
  if (code == close_code::kNoStatus) return encode_control(Opcode::Close, {});
  Bytes payload{static_cast<std::uint8_t>(code >> 8U), static_cast<std::uint8_t>(code)};
  const ByteView text = as_bytes(cut_at_character(reason, kCloseReasonMax));
  payload.insert(payload.end(), text.begin(), text.end());
  return encode_control(Opcode::Close, payload);
}

Bytes encode_client_frame(Opcode opcode, ByteView payload, MaskKey mask, bool fin) {
  std::array<std::uint8_t, kFrameHeaderBytesMax> header{};
  const std::size_t header_bytes = write_frame_header(opcode, payload.size(), header);
  if (!fin) header[0] = static_cast<std::uint8_t>(header[0] & 0x7FU);
  header[1] = static_cast<std::uint8_t>(header[1] | 0x80U);
  Bytes frame;
  frame.reserve(header_bytes + mask.size() + payload.size());
  frame.insert(frame.end(), header.begin(), header.begin() + header_bytes);
  frame.insert(frame.end(), mask.begin(), mask.end());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame.push_back(static_cast<std::uint8_t>(payload[i] ^ mask[i % mask.size()]));
  }
  return frame;
}

}  // namespace runnel::net
