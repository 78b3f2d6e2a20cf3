// What clients send, in each dialect: whatever the payloads are, decoding stays inside them and
// holds no more than the limit. Byte 0 chooses the dialect; then, for each payload, a byte with its
// kind (even text, odd binary), its size in two bytes, little endian, and the bytes.
#include "runnel/protocol/codec.h"

#include "base/check.h"
#include "fuzz_target.h"

#include <algorithm>
#include <memory>
#include <variant>

namespace {

using runnel::ByteView;
using runnel::protocol::AwarenessMessage;
using runnel::protocol::ClientMessage;
using runnel::protocol::Codec;
using runnel::protocol::ControlMessage;
using runnel::protocol::create_codec;
using runnel::protocol::CustomMessage;
using runnel::protocol::Dialect;
using runnel::protocol::encode_sync_update;
using runnel::protocol::SyncStep1;
using runnel::protocol::SyncStep2;
using runnel::protocol::SyncUpdate;
using runnel::protocol::UnknownText;

constexpr std::size_t kMessageBytesMax = 512;

// The bytes that a message points at, or none.
ByteView view_of(const ClientMessage& message) {
  if (const auto* one = std::get_if<SyncStep1>(&message)) return one->state_vector;
  if (const auto* two = std::get_if<SyncStep2>(&message)) return two->update;
  if (const auto* update = std::get_if<SyncUpdate>(&message)) return update->update;
  if (const auto* entries = std::get_if<AwarenessMessage>(&message)) return entries->update;
  if (const auto* custom = std::get_if<CustomMessage>(&message)) {
    return runnel::as_bytes(custom->text);
  }
  if (const auto* control = std::get_if<ControlMessage>(&message)) {
    return runnel::as_bytes(control->json);
  }
  if (const auto* text = std::get_if<UnknownText>(&message)) return runnel::as_bytes(text->text);
  return {};
}

// Reads every byte, for the address sanitizer, and what was read is written the same.
void check_message(Codec& codec, const ClientMessage& message, std::size_t payload_bytes) {
  const ByteView view = view_of(message);
  RUNNEL_CHECK(view.size() <= std::max(payload_bytes, kMessageBytesMax));
  const runnel::Bytes copy = runnel::to_bytes(view);
  if (!std::holds_alternative<SyncUpdate>(message)) return;
  const auto encoded = encode_sync_update(copy);
  const auto again = codec.decode(runnel::PayloadKind::Binary, *encoded);
  RUNNEL_CHECK(again.has_value());
  if (const auto* update = std::get_if<SyncUpdate>(&*again)) {
    RUNNEL_CHECK(std::ranges::equal(update->update, copy));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::unique_ptr<Codec> codec =
      create_codec({.dialect = static_cast<Dialect>(data[0] % 3),
                    .control_messages = data[0] >= 128,
                    .limits = {.message_bytes = kMessageBytesMax}});
  ByteView input = runnel::fuzz::input(data + 1, size - 1);
  constexpr std::size_t kHead = 3;
  while (input.size() >= kHead) {
    const auto kind = input[0] % 2 == 0 ? runnel::PayloadKind::Text : runnel::PayloadKind::Binary;
    const std::size_t length =
        std::min<std::size_t>(input[1] | (std::size_t{input[2]} << 8U), input.size() - kHead);
    // A copy of its own, so that reading past its end is seen.
    const runnel::Bytes payload = runnel::to_bytes(input.subspan(kHead, length));
    input = input.subspan(kHead + length);
    const auto message = codec->decode(kind, payload);
    RUNNEL_CHECK(codec->buffered_bytes() <= 4 * kMessageBytesMax);
    if (message) check_message(*codec, *message, payload.size());
  }
  return 0;
}
