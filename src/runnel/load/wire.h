// The bytes that a Yjs client sends, in the dialects of the servers that are compared. Enough to
// write text that any of them accepts; nothing is decoded but the marks that were put in.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace runnel::load {

enum class Dialect : std::uint8_t { YWebsocket, Hocuspocus };

// A mark in the text of an update: who wrote it and when. Receivers find it in whatever the server
// makes of the update, merged or not: "T" + 4 hex digits + 16 hex digits + "t".
inline constexpr std::size_t kMarkBytes = 22;

[[nodiscard]] std::string make_mark(unsigned writer, std::uint64_t time_ns);

// Calls `found` for each mark in `message`.
void find_marks(ByteView message,
                const std::function<void(unsigned writer, std::uint64_t time_ns)>& found);

// One Yjs client that types at the end of its own text.
class TextWriter {
 public:
  // `client` is its Yjs client id, `root` the name of its shared type.
  TextWriter(std::uint64_t client, std::string root) : client_(client), root_(std::move(root)) {}

  // An update (V1) that appends ASCII text.
  [[nodiscard]] Bytes append(std::string_view text);

 private:
  std::uint64_t client_;
  std::string root_;
  std::uint64_t clock_{0};
};

class Wire {
 public:
  Wire(Dialect dialect, std::string room) : dialect_(dialect), room_(std::move(room)) {}

  // What a client says first: authentication where there is one, and SyncStep1 with nothing.
  [[nodiscard]] std::vector<Bytes> hello() const;

  [[nodiscard]] Bytes update(ByteView update) const;
  [[nodiscard]] Bytes awareness(std::uint64_t client, std::uint64_t clock,
                                std::string_view json) const;

  // Size of the document state in a SyncStep2; 0 for every other message.
  [[nodiscard]] std::size_t sync_step2_bytes(ByteView message) const;

 private:
  [[nodiscard]] Bytes begin(std::uint8_t type) const;

  Dialect dialect_;
  std::string room_;
};

}  // namespace runnel::load
