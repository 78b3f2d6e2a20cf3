#include "runnel/protocol/sync_messages.h"

#include "runnel/protocol/codec.h"
#include "runnel/protocol/wire.h"

namespace runnel::protocol {

namespace {

constexpr std::uint64_t kStep1 = 0;
constexpr std::uint64_t kStep2 = 1;
constexpr std::uint64_t kUpdate = 2;

Result<ClientMessage> decode_sync(WireReader& reader) {
  const std::size_t at = reader.offset();
  const std::uint64_t subtype = RUNNEL_TRY(reader.read_varuint());
  if (subtype > kUpdate) {
    return fail(Errc::Malformed, "a sync message has a subtype other than 0, 1 and 2", at);
  }
  const ByteView body = RUNNEL_TRY(reader.read_buffer());
  if (subtype == kStep1) return ClientMessage(SyncStep1{body});
  if (subtype == kStep2) return ClientMessage(SyncStep2{body});
  return ClientMessage(SyncUpdate{body});
}

SharedBytes encode_sync(std::uint64_t subtype, ByteView body) {
  Bytes out;
  out.reserve(2 + varuint_size(body.size()) + body.size());
  write_varuint(out, kSyncType);
  write_varuint(out, subtype);
  write_buffer(out, body);
  return share(std::move(out));
}

}  // namespace

Result<ClientMessage> decode_binary(ByteView payload) {
  WireReader reader(payload);
  const std::uint64_t type = RUNNEL_TRY(reader.read_varuint());
  if (type == kSyncType) return decode_sync(reader);
  if (type == kAwarenessType) {
    const ByteView entries = RUNNEL_TRY(reader.read_buffer());
    return ClientMessage(AwarenessUpdate{entries});
  }
  if (type == kQueryAwarenessType) return ClientMessage(QueryAwareness{});
  return ClientMessage(UnknownBinary{type});
}

SharedBytes encode_sync_step1(ByteView state_vector) { return encode_sync(kStep1, state_vector); }

SharedBytes encode_sync_step2(ByteView update) { return encode_sync(kStep2, update); }

SharedBytes encode_sync_update(ByteView update) { return encode_sync(kUpdate, update); }

SharedBytes encode_awareness(ByteView entries) {
  Bytes out;
  out.reserve(1 + varuint_size(entries.size()) + entries.size());
  write_varuint(out, kAwarenessType);
  write_buffer(out, entries);
  return share(std::move(out));
}

SharedBytes encode_empty_awareness() { return share(Bytes{0x01, 0x01, 0x00}); }

}  // namespace runnel::protocol
