#include "runnel/room/room_directory.h"

#include "runnel/room/room.h"

#include "base/check.h"

#include <algorithm>
#include <utility>

namespace runnel::room {

namespace {

// Alarms are read from the store this far ahead and this often; closer ones are kept in memory.
constexpr Duration kAlarmHorizon = std::chrono::seconds(60);
constexpr Duration kAlarmPoll = std::chrono::seconds(30);
constexpr std::size_t kAlarmsPerPoll = 10'000;
constexpr std::int64_t kBusyDelayMs = 1000;  // too many rooms load at once: a little later

// FNV-1a (Fowler, Noll, Vo): the same on every machine, unlike std::hash.
std::uint64_t fnv(std::string_view text, std::uint64_t hash) {
  for (const char c : text) {
    hash ^= static_cast<std::uint8_t>(c);
    hash *= 0x100000001B3U;
  }
  return hash;
}

void refuse(ConnectionPort& port, OpenOutcome outcome) {
  switch (outcome) {
    case OpenOutcome::Ready:
    case OpenOutcome::Busy:
      port.close(close_code::kTryAgainLater, "ROOM_BUSY");
      return;
    case OpenOutcome::Deleted:
      port.close(close_code::kRoomDeleted, "ROOM_DELETED");
      return;
    case OpenOutcome::Full:
      port.close(close_code::kTryAgainLater, "ROOM_FULL");
      return;
    case OpenOutcome::Failed:
      port.close(close_code::kInternalError, "ROOM_FAILED");
      return;
    case OpenOutcome::UnknownParty:
      port.close(close_code::kPolicy, "UNKNOWN_PARTY");
      return;
  }
}

}  // namespace

std::size_t shard_of(const RoomId& room, std::size_t shards) {
  RUNNEL_CHECK(shards > 0);
  const std::uint64_t party = fnv(room.party, 0xCBF29CE484222325U);
  const std::uint64_t hash = fnv(room.name, fnv(std::string_view("\0", 1), party));
  // The low bits of FNV mix poorly for short names.
  return static_cast<std::size_t>((hash ^ (hash >> 32U)) % shards);
}

std::string_view room_phase_name(RoomPhase phase) noexcept {
  switch (phase) {
    case RoomPhase::Loading:
      return "loading";
    case RoomPhase::Live:
      return "live";
    case RoomPhase::Idle:
      return "idle";
    case RoomPhase::Evicting:
      return "evicting";
    case RoomPhase::Broken:
      return "broken";
  }
  return "unknown";
}

RoomDirectory::RoomDirectory(RoomDirectoryDeps deps, RoomOptions options)
    : deps_(deps), options_(options), self_(std::make_shared<RoomDirectory*>(this)) {
  deps_.store.set_durable_listener(
      [weak = std::weak_ptr(self_)](const RoomId& id, storage::Seq seq) {
        const auto self = weak.lock();
        if (self == nullptr) return;
        if (Room* room = (*self)->find(id)) room->durable(seq);
      });
}

RoomDirectory::~RoomDirectory() {
  deps_.executor.cancel(alarm_timer_);
  deps_.executor.cancel(poll_timer_);
}

void RoomDirectory::add_party(std::string party, HandlerFactory factory) {
  parties_.insert_or_assign(std::move(party), std::move(factory));
}

bool RoomDirectory::has_party(std::string_view party) const { return parties_.contains(party); }

Room* RoomDirectory::find(const RoomId& id) const {
  const auto found = rooms_.find(id);
  return found == rooms_.end() || found->second->is_over() ? nullptr : found->second.get();
}

Room* RoomDirectory::find_or_create(const RoomId& id, OpenOutcome& refusal) {
  if (Room* room = find(id)) return room;
  const auto party = parties_.find(id.party);
  if (party == parties_.end()) {
    refusal = OpenOutcome::UnknownParty;
    return nullptr;
  }
  if (draining_ || loading_ >= options_.rooms_loading) {
    refusal = OpenOutcome::Busy;
    return nullptr;
  }
  auto made = std::make_unique<Room>(*this, id, party->second);
  Room* room = made.get();
  rooms_.insert_or_assign(id, std::move(made));
  room->load();
  return room;
}

void RoomDirectory::open(const RoomId& id, Opened done) {
  OpenOutcome refusal = OpenOutcome::Failed;
  Room* room = find_or_create(id, refusal);
  if (room == nullptr) {
    done(refusal);
  } else if (room->connection_total() >= options_.connections_per_room) {
    done(OpenOutcome::Full);
  } else {
    room->open(std::move(done));
  }
}

void RoomDirectory::connect(const RoomId& id, ConnectInfo info,
                            std::unique_ptr<ConnectionPort> port) {
  OpenOutcome refusal = OpenOutcome::Full;
  Room* room = find_or_create(id, refusal);
  if (room == nullptr || room->connection_total() >= options_.connections_per_room) {
    refuse(*port, refusal);
    return;
  }
  const ConnectionId connection = info.id;
  Connection* made = room->connect(std::move(info), std::move(port));
  if (made != nullptr) connections_.insert_or_assign(connection, Slot{room, made});
}

void RoomDirectory::deliver(ConnectionId connection, PayloadKind kind, ByteView payload) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const Slot slot = found->second;
  slot.room->deliver(*slot.connection, kind, payload);
}

void RoomDirectory::disconnected(ConnectionId connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const Slot slot = found->second;
  connections_.erase(found);
  slot.room->disconnected(*slot.connection);
}

void RoomDirectory::request(const RoomId& id, RoomRequest request, Respond respond) {
  OpenOutcome refusal = OpenOutcome::Failed;
  if (Room* room = find_or_create(id, refusal)) {
    room->request(std::move(request), std::move(respond));
    return;
  }
  if (refusal == OpenOutcome::UnknownParty) {
    respond(
        {.status = 404, .headers = {}, .body = to_bytes("there is no party '" + id.party + "'")});
    return;
  }
  respond({.status = 503, .headers = {}, .body = {}});
}

void RoomDirectory::set_identity(ConnectionId connection, Identity identity) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const Slot slot = found->second;
  slot.room->set_identity(*slot.connection, std::move(identity));
}

void RoomDirectory::revoke(ConnectionId connection, std::string_view reason) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const Slot slot = found->second;
  slot.room->revoke(*slot.connection, reason);
}

void RoomDirectory::close(ConnectionId connection, std::uint16_t code, std::string_view reason) {
  const auto found = connections_.find(connection);
  if (found != connections_.end()) found->second.connection->close(code, reason);
}

std::size_t RoomDirectory::kick(const RoomId& id, const KickFilter& filter, std::uint16_t code,
                                std::string_view reason) {
  Room* room = find(id);
  if (room == nullptr) return 0;
  std::size_t kicked = 0;
  room->for_each_connection([&](Connection& connection) {
    const bool matches =
        (filter.user_id.empty() || connection.identity().user_id == filter.user_id) &&
        (!filter.connection || connection.id() == *filter.connection);
    if (!matches) return;
    connection.close(code, reason);
    ++kicked;
  });
  return kicked;
}

void RoomDirectory::remove(const RoomId& id, Completion<void> done) {
  if (Room* room = find(id)) room->removed();
  note_alarm(id, std::nullopt);
  deps_.store.remove(id, std::move(done));
  // Opened again by somebody whom the first one answered, before it was deleted.
  if (Room* room = find(id)) room->removed();
}

void RoomDirectory::revive(const RoomId& id, Completion<void> done) {
  deps_.store.revive(id, std::move(done));
}

void RoomDirectory::drain(Task done) {
  draining_ = true;
  drained_ = std::move(done);
  deps_.executor.cancel(alarm_timer_);
  deps_.executor.cancel(poll_timer_);
  std::vector<Room*> all;
  all.reserve(rooms_.size());
  for (const auto& [id, room] : rooms_) all.push_back(room.get());
  for (Room* room : all) room->shut_down();
  deps_.executor.post(weakly(&RoomDirectory::finish_drain));
}

void RoomDirectory::undrain() {
  if (!std::exchange(draining_, false)) return;
  drained_ = nullptr;
  if (!is_mine_) return;
  poll_alarms();
  schedule_alarms();
}

void RoomDirectory::finish_drain() {
  if (!draining_ || !rooms_.empty() || !graveyard_.empty()) return;
  if (Task done = std::exchange(drained_, nullptr)) done();
}

void RoomDirectory::room_over(Room& room) {
  for (const ConnectionId id : room.connection_ids()) connections_.erase(id);
  const auto found = rooms_.find(room.id());
  if (found != rooms_.end() && found->second.get() == &room) {
    graveyard_.push_back(std::move(found->second));
    rooms_.erase(found);
  }
  deps_.executor.post([weak = std::weak_ptr(self_), dead = &room] {
    if (const auto self = weak.lock()) (*self)->bury(dead);
  });
}

void RoomDirectory::bury(Room* room) {
  const auto is_it = [room](const std::unique_ptr<Room>& each) { return each.get() == room; };
  const auto found = std::ranges::find_if(graveyard_, is_it);
  if (found != graveyard_.end()) {
    const std::unique_ptr<Room> gone = std::move(*found);
    graveyard_.erase(found);
    if (!rooms_.contains(gone->id())) deps_.store.release(gone->id());
  }
  finish_drain();
}

// --- Alarms

void RoomDirectory::start_alarms(std::function<bool(const RoomId&)> is_mine) {
  is_mine_ = std::move(is_mine);
  poll_alarms();
}

void RoomDirectory::poll_alarms() {
  if (draining_) return;
  const std::int64_t until_ms = deps_.time.wall_ms() + kAlarmHorizon.count();
  deps_.store.alarms(
      until_ms, kAlarmsPerPoll,
      [weak = std::weak_ptr(self_)](const Result<std::vector<storage::DueAlarm>>& due) {
        if (const auto self = weak.lock()) (*self)->polled(due);
      });
  poll_timer_ = deps_.executor.after(kAlarmPoll, weakly(&RoomDirectory::poll_alarms));
}

void RoomDirectory::polled(const Result<std::vector<storage::DueAlarm>>& due) {
  if (!due) {
    deps_.log.warning("alarms could not be read; tried again soon",
                      {{"error", due.error().detail}});
    return;
  }
  for (const storage::DueAlarm& alarm : *due) {
    if (!is_mine_(alarm.room)) continue;
    // A room in memory knows better: it may have moved the alarm since, or be running it.
    Room* room = find(alarm.room);
    note_alarm(alarm.room, room == nullptr ? alarm.alarm_ms : room->storage().alarm());
  }
  schedule_alarms();
}

void RoomDirectory::alarm_changed(const RoomId& id, std::optional<std::int64_t> alarm_ms) {
  note_alarm(id, alarm_ms);
  schedule_alarms();
}

void RoomDirectory::note_alarm(const RoomId& id, std::optional<std::int64_t> alarm_ms) {
  if (const auto old = alarms_.find(id); old != alarms_.end()) {
    alarm_order_.erase({old->second, id});
    alarms_.erase(old);
  }
  if (!alarm_ms || *alarm_ms > deps_.time.wall_ms() + kAlarmHorizon.count()) return;
  alarms_.emplace(id, *alarm_ms);
  alarm_order_.emplace(*alarm_ms, id);
}

void RoomDirectory::schedule_alarms() {
  deps_.executor.cancel(alarm_timer_);
  if (alarm_order_.empty() || draining_) return;
  const std::int64_t wait_ms =
      std::max<std::int64_t>(0, alarm_order_.begin()->first - deps_.time.wall_ms());
  alarm_timer_ = deps_.executor.after(Duration(wait_ms), weakly(&RoomDirectory::fire_alarms));
}

void RoomDirectory::fire_alarms() {
  const std::int64_t now_ms = deps_.time.wall_ms();
  while (!alarm_order_.empty() && alarm_order_.begin()->first <= now_ms) {
    const RoomId id = alarm_order_.begin()->second;
    OpenOutcome refusal = OpenOutcome::Failed;
    Room* room = find_or_create(id, refusal);
    const bool busy = room == nullptr && refusal == OpenOutcome::Busy;
    note_alarm(id, busy ? std::optional(now_ms + kBusyDelayMs) : std::nullopt);
    if (room != nullptr) room->alarm_due();
  }
  schedule_alarms();
}

Task RoomDirectory::weakly(void (RoomDirectory::*work)()) {
  return [weak = std::weak_ptr(self_), work] {
    if (const auto self = weak.lock()) ((*self)->*work)();
  };
}

// --- Views

void RoomDirectory::for_each_connection(
    const std::function<void(const RoomId&, const Connection&)>& visit) const {
  for (const auto& [id, room] : rooms_) {
    room->visit([&](const Connection& connection) { visit(id, connection); });
  }
}

std::optional<RoomStats> RoomDirectory::stats(const RoomId& id) const {
  const Room* room = find(id);
  if (room == nullptr) return std::nullopt;
  return room->stats();
}

std::vector<RoomStats> RoomDirectory::all_stats() const {
  std::vector<RoomStats> all;
  all.reserve(rooms_.size());
  for (const auto& [id, room] : rooms_) all.push_back(room->stats());
  return all;
}

}  // namespace runnel::room
