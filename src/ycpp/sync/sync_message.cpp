#include "ycpp/sync/sync_message.h"

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"

#include <utility>

namespace ycpp {

namespace {

Bytes encode_sync(SyncType type, ByteView payload) {
  ByteWriter writer;
  writer.reserve(payload.size() + 12);
  writer.u8(std::to_underlying(MessageType::Sync));
  writer.u8(std::to_underlying(type));
  writer.var_bytes(payload);
  return writer.to_bytes();
}

Message read_sync(ByteReader& reader) {
  const std::uint64_t type = reader.var_uint();
  if (reader.ok() && type > std::to_underlying(SyncType::Update)) {
    reader.set_error("unknown sync message");
  }
  const ByteView payload = reader.var_bytes();
  if (type == std::to_underlying(SyncType::Step1)) return SyncStep1{payload};
  if (type == std::to_underlying(SyncType::Step2)) return SyncStep2{payload};
  return SyncUpdate{payload};
}

Message read_auth(ByteReader& reader) {
  if (reader.var_uint() != 0) reader.set_error("unknown auth message");
  return PermissionDenied{reader.var_string()};
}

Message read_message(ByteReader& reader) {
  const std::uint64_t type = reader.var_uint();
  if (!reader.ok()) return OtherMessage{};
  if (type > std::to_underlying(MessageType::QueryAwareness)) {
    return OtherMessage{.type = type, .body = reader.rest()};
  }
  switch (static_cast<MessageType>(type)) {
    case MessageType::Sync:
      return read_sync(reader);
    case MessageType::Awareness:
      return AwarenessMessage{reader.var_bytes()};
    case MessageType::Auth:
      return read_auth(reader);
    case MessageType::QueryAwareness:
      return QueryAwareness{};
  }
  std::unreachable();
}

}  // namespace

Result<Message> decode_message(ByteView bytes) {
  ByteReader reader{bytes};
  const Message message = read_message(reader);
  if (!reader.ok()) return std::unexpected(reader.error("message"));
  return message;
}

Bytes encode_sync_step1(ByteView state_vector) {
  return encode_sync(SyncType::Step1, state_vector);
}

Bytes encode_sync_step2(ByteView update) { return encode_sync(SyncType::Step2, update); }

Bytes encode_sync_update(ByteView update) { return encode_sync(SyncType::Update, update); }

Bytes encode_awareness_message(ByteView awareness_update) {
  ByteWriter writer;
  writer.u8(std::to_underlying(MessageType::Awareness));
  writer.var_bytes(awareness_update);
  return writer.to_bytes();
}

Bytes encode_permission_denied(std::string_view reason) {
  ByteWriter writer;
  writer.u8(std::to_underlying(MessageType::Auth));
  writer.u8(0);
  writer.var_string(reason);
  return writer.to_bytes();
}

Bytes encode_query_awareness() { return {std::to_underlying(MessageType::QueryAwareness)}; }

}  // namespace ycpp
