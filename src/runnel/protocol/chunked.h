// Reassembly of y-partykit's chunked messages: a text marker "start", binary chunks, a text marker
// "end". Between the markers every frame that is no marker belongs to the batch.
//
//   marker = "y-pk-batch#" {"id": string, "type": "start" | "end", "size": bytes, "count": chunks}
//
// A batch that goes wrong is refused once, and its remaining chunks are swallowed up to its end
// marker: taken for messages of their own they would be garbage or, worse, would not be.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace runnel::protocol {

inline constexpr std::string_view kBatchPrefix = "y-pk-batch";

[[nodiscard]] constexpr bool is_batch_marker(std::string_view text) noexcept {
  return text.starts_with(kBatchPrefix);
}

class ChunkAssembler {
 public:
  // `message_bytes` bounds the joined message; nothing is reserved on the word of a marker.
  explicit ChunkAssembler(std::size_t message_bytes) : message_bytes_max_(message_bytes) {}

  // True between a start and its end: frames that are no markers go to `chunk`.
  [[nodiscard]] bool is_open() const noexcept { return state_ != State::Closed; }

  // A marker. True when the message is complete: `take` has it.
  Result<bool> marker(std::string_view text);

  // One chunk of an open batch.
  Result<void> chunk(ByteView bytes);

  // The joined message; once after `marker` said so.
  [[nodiscard]] Bytes take();

  [[nodiscard]] std::size_t buffered_bytes() const noexcept { return joined_.capacity(); }

 private:
  enum class State : std::uint8_t { Closed, Open, Discarding };

  struct Marker {
    std::string id;
    bool is_start{false};
    std::uint64_t size{0};
    std::uint64_t count{0};
  };

  static Result<Marker> parse(std::string_view text);
  Result<void> start(Marker marker);
  Result<bool> end(const Marker& marker);
  std::unexpected<Error> discard(Errc code, std::string detail);
  void reset(State state);

  std::size_t message_bytes_max_;
  State state_{State::Closed};
  Marker current_;
  std::uint64_t chunks_{0};
  std::size_t discarded_bytes_{0};
  Bytes joined_;
};

}  // namespace runnel::protocol
