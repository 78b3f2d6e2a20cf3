// What a connection has yet to write: payloads that are shared with other connections, each behind
// the few header bytes that belong to this one. Pure: it knows no socket.
#pragma once

#include "runnel/net/websocket_codec.h"

#include "base/bytes.h"
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace runnel::net {

class OutputQueue {
 public:
  // Bytes as they are: an HTTP response, a frame that was encoded before.
  void push_raw(SharedBytes bytes);

  // A WebSocket message, whose frame header is made here.
  void push_message(MessageKind kind, SharedBytes payload);

  // Fills `out` with the front of the queue; returns how many of its entries were used.
  [[nodiscard]] std::size_t gather(std::span<iovec> out) const;

  // Takes written bytes off the front. An empty queue gives its memory back.
  void consume(std::size_t bytes);

  // Drops whole entries from the back but keeps the first `keep_bytes`, and an entry that is partly
  // written. Returns the bytes dropped.
  std::size_t discard_behind(std::size_t keep_bytes);

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  [[nodiscard]] bool is_empty() const noexcept { return bytes_ == 0; }

 private:
  struct Entry {
    SharedBytes payload;
    std::uint8_t header_bytes{0};
    // A server's frame header takes at most 10 of the 14 bytes that a frame header can have.
    std::array<std::uint8_t, kFrameHeaderBytesMax> header{};

    [[nodiscard]] std::size_t size() const { return header_bytes + payload->size(); }
  };

  std::vector<Entry> entries_;
  std::size_t first_{0};    // entries before it are written
  std::size_t written_{0};  // bytes of entries_[first_] that are written
  std::size_t bytes_{0};
};

}  // namespace runnel::net
