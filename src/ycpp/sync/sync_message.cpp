#include "ycpp/sync/sync_message.h"

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"

#include <array>
#include <initializer_list>
#include <utility>

namespace ycpp {

namespace {

// `payload` is copied once: it may be a whole document.
Bytes encode(std::initializer_list<std::uint8_t> head, ByteView payload) {
  std::array<std::uint8_t, kVarUintBytesMax> size{};
  const std::uint8_t* const size_end = put_var_uint(size.data(), payload.size());
  Bytes out;
  out.reserve(head.size() + size.size() + payload.size());
  out.insert(out.end(), head);
  out.insert(out.end(), size.cbegin(), size.cbegin() + (size_end - size.data()));
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Bytes encode_sync(SyncType type, ByteView payload) {
  return encode({std::to_underlying(MessageType::Sync), std::to_underlying(type)}, payload);
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
  return encode({std::to_underlying(MessageType::Awareness)}, awareness_update);
}

Bytes encode_permission_denied(std::string_view reason) {
  return encode({std::to_underlying(MessageType::Auth), 0}, runnel::as_bytes(reason));
}

Bytes encode_query_awareness() { return {std::to_underlying(MessageType::QueryAwareness)}; }

}  // namespace ycpp
