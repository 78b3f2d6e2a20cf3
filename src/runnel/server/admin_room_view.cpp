#include "runnel/server/admin_room_view.h"

#include "runnel/backend/outbox.h"
#include "runnel/protocol/message.h"
#include "runnel/server/admin_document.h"
#include "runnel/server/admin_room_access.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace runnel::server {

namespace {

constexpr double kThousandSeconds = 1000;

boost::json::array people_of(const Shard& shard, const RoomId& room) {
  boost::json::array people;
  shard.directory->for_each_connection([&](const RoomId& of, const room::Connection& connection) {
    if (of != room) return;
    const Identity& identity = connection.identity();
    const auto dialect = static_cast<protocol::Dialect>(connection.info().dialect);
    people.push_back({{"id", std::to_string(connection.id().value())},
                      {"pk", connection.key()},
                      {"user_id", identity.user_id},
                      {"user_name", identity.user_name},
                      {"address", connection.info().address},
                      {"dialect", protocol::dialect_name(dialect)},
                      {"level", access_level_name(identity.access)},
                      {"since_ms", connection.traffic().since_ms},
                      {"messages_in", connection.traffic().messages_in},
                      {"messages_out", connection.traffic().messages_out},
                      {"buffered_bytes", connection.buffered_bytes()}});
  });
  return people;
}

// What the outbox knows, in one word for a person.
std::string_view backend_word(const room::RoomStats& stats, const backend::BackendStatus& status) {
  using enum backend::BackendState;
  if (status.state == None) return "none";
  if (field_of(stats, "pending") != 0) return "pending_load";
  if (status.state == Waiting && !status.last_error.empty()) return "failing";
  if (status.state == Unknown && field_of(stats, "backend_known") != 0) return "saved";
  return backend::backend_state_name(status.state);
}

boost::json::object describe_backend(const Shard& shard, const room::RoomStats& stats,
                                     const TimeSource& time) {
  const backend::BackendStatus status = shard.outbox->status(stats.id);
  const std::int64_t lag_ms =
      status.waiting_since_ms == 0 ? 0 : time.wall_ms() - status.waiting_since_ms;
  return {{"state", backend_word(stats, status)},
          {"lag_ms", std::max({std::int64_t{0}, lag_ms, field_of(stats, "backend_behind_ms")})},
          {"saved_ms", status.acknowledged_ms},
          {"snapshot_version", status.version},
          {"last_error", status.last_error}};
}

std::string_view persist_name(const room::RoomStats& stats) {
  constexpr std::array<std::string_view, 3> kNames{"snapshot", "history", "none"};
  const auto has_document =
      std::ranges::any_of(stats.fields, [](const auto& field) { return field.first == "persist"; });
  if (!has_document) return "none";
  return kNames.at(static_cast<std::size_t>(field_of(stats, "persist")));
}

}  // namespace

std::string_view state_name(const room::RoomStats& stats) {
  return field_of(stats, "pending") != 0 ? "pending" : room_phase_name(stats.phase);
}

boost::json::object describe_room(const Shard& shard, const room::RoomStats& stats, ByteView state,
                                  const TimeSource& time) {
  const DocumentNumbers numbers = count_document(state);
  return {{"party", stats.id.party},
          {"name", stats.id.name},
          {"state", state_name(stats)},
          {"frozen", shard.frozen->contains(stats.id)},
          {"persist", persist_name(stats)},
          {"updates_per_second",
           static_cast<double>(field_of(stats, "updates_per_1000_s")) / kThousandSeconds},
          {"connections", people_of(shard, stats.id)},
          {"document",
           {{"loaded", field_of(stats, "integrated") != 0},
            {"bytes", state.size()},
            {"structs", numbers.structs},
            {"tombstones", numbers.tombstones},
            {"clients", numbers.clients},
            {"pending_bytes", field_of(stats, "pending_bytes")}}},
          {"log",
           {{"last_seq", stats.last_seq},
            {"durable_seq", stats.durable_seq},
            {"backend_seq", field_of(stats, "backend_seq")},
            {"bytes", field_of(stats, "log_bytes")},
            {"entries", field_of(stats, "log_entries")},
            {"snapshot_bytes", field_of(stats, "snapshot_bytes")}}},
          {"backend", describe_backend(shard, stats, time)}};
}

}  // namespace runnel::server
