// The frame decoder: whatever the bytes are and however they are cut, the same events come out, and
// no more is held than what came in. Byte 0 chooses the role and the size of the cuts.
#include "runnel/net/websocket_codec.h"

#include "base/check.h"
#include "fuzz_target.h"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using runnel::Bytes;
using runnel::net::DecoderOptions;
using runnel::net::WebSocketDecoder;
using runnel::net::WebSocketEvent;

constexpr std::size_t kMessageBytesMax = 4096;

struct Event {
  WebSocketEvent::Kind event{};
  runnel::net::MessageKind kind{};
  std::uint16_t code{0};
  Bytes payload;

  friend bool operator==(const Event&, const Event&) = default;
};

std::vector<Event> decode(const DecoderOptions& options, Bytes bytes, std::size_t piece) {
  WebSocketDecoder decoder(options);
  std::vector<Event> events;
  std::size_t fed = 0;
  while (fed < bytes.size()) {
    const std::size_t size = std::min(piece, bytes.size() - fed);
    std::span<std::uint8_t> input(bytes.data() + fed, size);
    fed += size;
    while (true) {
      const WebSocketEvent event = decoder.next(input);
      RUNNEL_CHECK(decoder.buffered_bytes() <= fed);
      RUNNEL_CHECK(decoder.buffered_bytes() <= kMessageBytesMax + 125);
      if (event.event == WebSocketEvent::Kind::NeedMore) break;
      events.push_back({event.event, event.kind, event.code, runnel::to_bytes(event.payload)});
      if (event.event == WebSocketEvent::Kind::Failure) return events;
    }
    RUNNEL_CHECK(input.empty());
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  using runnel::net::WebSocketRole;
  const DecoderOptions options{
      .role = (data[0] & 1U) != 0 ? WebSocketRole::Server : WebSocketRole::Client,
      .message_bytes_max = kMessageBytesMax};
  const Bytes bytes(data + 1, data + size);
  const std::vector<Event> whole = decode(options, bytes, bytes.size() + 1);
  RUNNEL_CHECK(decode(options, bytes, 1) == whole);
  RUNNEL_CHECK(decode(options, bytes, 1 + (data[0] >> 1U)) == whole);
  for (const Event& event : whole) {
    if (event.event != WebSocketEvent::Kind::Failure) continue;
    RUNNEL_CHECK(runnel::net::is_sendable_close_code(event.code));
  }
  return 0;
}
