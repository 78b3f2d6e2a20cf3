#include "runnel/backend/outbox_entry.h"

#include "runnel/auth/json.h"

namespace runnel::backend {

namespace {

namespace json = auth::json;

constexpr std::int64_t kFormatVersion = 1;

}  // namespace

std::string outbox_key(const RoomId& room) { return room.party + "/" + room.name; }

// A waiting record is a line of JSON; a snapshot follows it behind a zero byte as it is.
Bytes encode_waiting(const WaitingRecord& record) {
  json::Object object;
  object["v"] = kFormatVersion;
  object["party"] = record.room.party;
  object["room"] = record.room.name;
  object["since"] = record.since_ms;
  Bytes bytes = to_bytes(json::to_string(object));
  if (record.snapshot.empty()) return bytes;
  bytes.push_back(0);
  bytes.insert(bytes.end(), record.snapshot.begin(), record.snapshot.end());
  return bytes;
}

Result<WaitingRecord> decode_waiting(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  const std::size_t zero = text.find('\0');
  const json::Object object =
      RUNNEL_TRY(json::parse_object(text.substr(0, zero), "a waiting save"));
  if (json::integer(object, "v") != kFormatVersion) {
    return fail(Errc::Corrupt, "a waiting save has a version that is not known");
  }
  WaitingRecord record;
  record.room = RUNNEL_TRY(
      RoomId::create(json::text_or_empty(object, "party"), json::text_or_empty(object, "room")));
  record.since_ms = json::integer(object, "since").value_or(0);
  if (zero != std::string_view::npos) record.snapshot = to_bytes(bytes.subspan(zero + 1));
  return record;
}

Bytes encode_acknowledged(const AcknowledgedRecord& record) {
  json::Object object;
  object["v"] = kFormatVersion;
  object["version"] = record.version;
  object["seq"] = record.seq;
  object["time"] = record.time_ms;
  return to_bytes(json::to_string(object));
}

Result<AcknowledgedRecord> decode_acknowledged(ByteView bytes) {
  const json::Object object =
      RUNNEL_TRY(json::parse_object(as_text(bytes), "an acknowledged save"));
  if (json::integer(object, "v") != kFormatVersion) {
    return fail(Errc::Corrupt, "an acknowledged save has a version that is not known");
  }
  return AcknowledgedRecord{
      .version = static_cast<std::uint64_t>(json::integer(object, "version").value_or(0)),
      .seq = static_cast<storage::Seq>(json::integer(object, "seq").value_or(0)),
      .time_ms = json::integer(object, "time").value_or(0)};
}

}  // namespace runnel::backend
