// The dialects on PartyKit's URLs, in one codec: y-partykit (chunk markers) and y-partyserver
// (`__YPS:` text). They cannot be told apart for certain when a client dials, so each understands
// what the other may say, and what a client says corrects the guess.
#pragma once

#include "runnel/protocol/chunked.h"
#include "runnel/protocol/codec.h"

namespace runnel::protocol {

inline constexpr std::string_view kCustomPrefix = "__YPS:";

class PartyKitCodec final : public Codec {
 public:
  explicit PartyKitCodec(const CodecOptions& options)
      : dialect_(options.dialect), chunks_(options.limits.message_bytes) {}

  Result<ClientMessage> decode(PayloadKind kind, ByteView payload) override;

  [[nodiscard]] Dialect dialect() const override { return dialect_; }

  [[nodiscard]] std::size_t buffered_bytes() const override {
    return chunks_.buffered_bytes() + joined_.capacity();
  }

  [[nodiscard]] Outgoing encode_control(std::string_view json) const override;
  [[nodiscard]] Outgoing encode_custom(std::string_view text) const override;

 private:
  Result<ClientMessage> decode_text(std::string_view text);
  Result<ClientMessage> decode_marker(std::string_view text);

  Dialect dialect_;
  ChunkAssembler chunks_;
  Bytes joined_;  // of the last reassembled message: what its view points into
};

}  // namespace runnel::protocol
