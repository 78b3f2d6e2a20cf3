// RFC 6455 frames as a pure function of bytes: no socket, no clock, no random number. The decoder
// is incremental; however the bytes are cut, the same events come out.
//
// Memory: a decoder between messages holds no buffer. Within one it holds the bytes that arrived,
// never what a length field promises.
#pragma once

#include "base/bytes.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace runnel::net {

enum class MessageKind : std::uint8_t { Text, Binary };

enum class Opcode : std::uint8_t {
  Continuation = 0x0,
  Text = 0x1,
  Binary = 0x2,
  Close = 0x8,
  Ping = 0x9,
  Pong = 0xA
};

// Close codes that net/ itself uses (RFC 6455, 7.4.1); rooms add theirs.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kNoStatus = 1005;  // never on the wire: a close frame without code
inline constexpr std::uint16_t kAbnormal = 1006;  // never on the wire: no close frame came
inline constexpr std::uint16_t kInvalidData = 1007;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooLarge = 1009;
inline constexpr std::uint16_t kInternalError = 1011;
inline constexpr std::uint16_t kServiceRestart = 1012;
inline constexpr std::uint16_t kTryAgainLater = 1013;
}  // namespace close_code

// Whether a close frame may carry this code: 1000-1003, 1007-1014, 3000-4999.
[[nodiscard]] bool is_sendable_close_code(std::uint16_t code) noexcept;

// --- encoding -----------------------------------------------------------------------------------

inline constexpr std::size_t kFrameHeaderBytesMax = 14;

// Header of an unfragmented server frame (unmasked). Returns how many of `out`'s bytes it took.
std::size_t write_frame_header(Opcode opcode, std::uint64_t payload_bytes,
                               std::span<std::uint8_t, kFrameHeaderBytesMax> out) noexcept;

// One complete unmasked frame, to be shared by all receivers. `parts` are joined.
[[nodiscard]] SharedBytes encode_frame(MessageKind kind, ByteView payload);
[[nodiscard]] SharedBytes encode_frame(MessageKind kind, std::initializer_list<ByteView> parts);

// A control frame; a payload over 125 bytes is cut.
[[nodiscard]] Bytes encode_control(Opcode opcode, ByteView payload);

// A close frame. kNoStatus gives an empty one; a reason over 123 bytes is cut at a character.
[[nodiscard]] Bytes encode_close(std::uint16_t code, std::string_view reason);

using MaskKey = std::array<std::uint8_t, 4>;

// A client's frame: masked, `fin` false for a fragment that is not the last.
[[nodiscard]] Bytes encode_client_frame(Opcode opcode, ByteView payload, MaskKey mask,
                                        bool fin = true);

// --- decoding -----------------------------------------------------------------------------------

// Which side this decoder is on: a server requires masked frames, a client unmasked ones.
enum class WebSocketRole : std::uint8_t { Server, Client };

struct DecoderOptions {
  WebSocketRole role{WebSocketRole::Server};
  std::size_t message_bytes_max{limits::kMessageBytes};  // all fragments together
};

struct WebSocketEvent {
  enum class Kind : std::uint8_t {
    NeedMore,  // the input is used up
    Message,   // `kind`, `payload`
    Ping,      // `payload`: to be answered
    Pong,      // `payload`
    Close,     // `code` (kNoStatus if there was none), `payload` = the reason, valid UTF-8
    Failure    // the peer broke the protocol: close with `code`; `what` says how
  };

  Kind event{Kind::NeedMore};
  MessageKind kind{MessageKind::Binary};
  std::uint16_t code{0};
  ByteView payload{};       // valid until the next call of `next` or the input changes
  std::string_view what{};  // static text
};

class WebSocketDecoder {
 public:
  explicit WebSocketDecoder(DecoderOptions options) noexcept : options_(options) {}

  // Takes bytes off the front of `input` (and unmasks them in place) until there is one event.
  // After Close every further byte is ignored; Failure repeats.
  WebSocketEvent next(std::span<std::uint8_t>& input);

  // Bytes of an unfinished message or control frame held now.
  [[nodiscard]] std::size_t buffered_bytes() const noexcept {
    return message_.size() + control_.size();
  }

 private:
  using Input = std::span<std::uint8_t>;
  enum class State : std::uint8_t { Header, Payload, Closed, Failed };

  // What is known of the frame that is being read.
  struct Frame {
    std::uint64_t length{0};
    std::uint64_t received{0};
    MaskKey mask{};
    Opcode opcode{Opcode::Continuation};
    bool fin{false};
    bool is_masked{false};
  };

  // Each returns whether it produced `event`; false means that the input was used up or that the
  // next state goes on.
  bool read_header(Input& input, WebSocketEvent& event);
  bool check_first_byte(std::uint8_t byte, WebSocketEvent& event);
  bool check_second_byte(std::uint8_t byte, WebSocketEvent& event);
  bool check_length(std::size_t length_bytes, WebSocketEvent& event);
  bool begin_payload(WebSocketEvent& event);
  bool read_payload(Input& input, WebSocketEvent& event);
  bool take_data(ByteView chunk, WebSocketEvent& event);
  bool take_control(ByteView chunk, WebSocketEvent& event);
  bool finish_close(ByteView payload, WebSocketEvent& event);
  bool broken(WebSocketEvent& event, std::uint16_t code, std::string_view what);
  void release_delivered();

  [[nodiscard]] std::size_t header_bytes_needed() const noexcept;

  [[nodiscard]] bool is_control() const noexcept {
    return (static_cast<std::uint8_t>(frame_.opcode) & 0x8U) != 0;
  }

  DecoderOptions options_;
  State state_{State::Header};
  bool in_message_{false};         // a fragment came, the final one did not
  bool delivered_message_{false};  // `message_` went out with the last event and may be freed
  bool delivered_control_{false};  // the same of `control_`
  MessageKind kind_{MessageKind::Binary};
  std::uint8_t header_bytes_{0};
  std::array<std::uint8_t, kFrameHeaderBytesMax> header_{};
  Frame frame_;
  Utf8Validator utf8_;
  Bytes message_;
  Bytes control_;
  std::uint16_t failure_code_{0};
  std::string_view failure_;
};

}  // namespace runnel::net
