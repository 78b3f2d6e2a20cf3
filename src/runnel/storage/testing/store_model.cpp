#include "runnel/storage/testing/store_model.h"

#include "runnel/storage/kv_limits.h"

#include <algorithm>
#include <ranges>
#include <tuple>

namespace runnel::storage {

const StoreModel::Room* StoreModel::find(const RoomId& room) const {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? nullptr : &found->second;
}

Result<StoreModel::Room*> StoreModel::writable(const RoomId& room) {
  Room& found = rooms_[room];
  if (found.record.state == RoomState::Deleted) {
    return fail(Errc::Denied, "write to the deleted room " + room.external_name());
  }
  found.record.state = RoomState::Present;
  return &found;
}

Result<StoreModel::Room*> StoreModel::writable_log(const RoomId& room) {
  if (broken_.contains(room)) {
    return fail(Errc::Unavailable, "an earlier write to room " + room.external_name() +
                                       " failed; it has to be loaded again");
  }
  return writable(room);
}

RoomRecord StoreModel::peek(const RoomId& room) const {
  const Room* found = find(room);
  return found == nullptr ? RoomRecord{} : found->record;
}

RoomRecord StoreModel::load(const RoomId& room) {
  broken_.erase(room);
  return peek(room);
}

Result<void> StoreModel::append(const RoomId& room, LogEntry entry) {
  const bool fresh = find(room) == nullptr;
  Room* found = RUNNEL_TRY(writable_log(room));
  if (entry.seq != found->record.last_seq + 1) {
    const Seq last = found->record.last_seq;
    if (fresh) rooms_.erase(room);
    broken_.insert(room);
    return fail(Errc::Conflict, "append " + std::to_string(entry.seq) + " to room " +
                                    room.external_name() + ", whose log ends at " +
                                    std::to_string(last));
  }
  entry.first_seq = entry.seq;
  found->record.last_seq = entry.seq;
  found->updated_ms = entry.time_ms;
  found->record.tail.push_back(std::move(entry));
  return {};
}

Result<void> StoreModel::compact(const RoomId& room, Seq upto, Bytes snapshot,
                                 std::int64_t now_ms) {
  const bool fresh = find(room) == nullptr;
  Room* found = RUNNEL_TRY(writable_log(room));
  RoomRecord& record = found->record;
  if (upto == 0 || upto < record.snapshot_seq || upto > record.last_seq) {
    if (fresh) rooms_.erase(room);
    return fail(Errc::Conflict,
                "compact room " + room.external_name() + " up to " + std::to_string(upto));
  }
  record.snapshot_seq = upto;
  record.snapshot = std::move(snapshot);
  std::erase_if(record.tail, [upto](const LogEntry& entry) { return entry.seq <= upto; });
  found->updated_ms = now_ms;
  return {};
}

void StoreModel::remove(const RoomId& room) {
  Room deleted;
  deleted.record.state = RoomState::Deleted;
  rooms_[room] = std::move(deleted);
}

void StoreModel::revive(const RoomId& room) {
  const Room* found = find(room);
  if (found != nullptr && found->record.state == RoomState::Deleted) rooms_.erase(room);
}

RoomPage StoreModel::list(const RoomFilter& filter) const {
  RoomPage page;
  for (const auto& [id, room] : rooms_) {
    if (filter.after && id <= *filter.after) continue;
    if (room.record.state == RoomState::Deleted && !filter.with_deleted) continue;
    if (id.name.find(filter.name_contains) == std::string::npos) continue;
    if (page.rooms.size() == filter.limit) {
      page.more = true;
      break;
    }
    RoomSummary summary{.id = id, .state = room.record.state};
    summary.snapshot_bytes = room.record.snapshot.size();
    for (const LogEntry& entry : room.record.tail) summary.log_bytes += entry.update.size();
    summary.log_entries = room.record.tail.size();
    summary.last_seq = room.record.last_seq;
    summary.updated_ms = room.updated_ms;
    page.rooms.push_back(std::move(summary));
  }
  return page;
}

std::optional<Bytes> StoreModel::kv_get(const RoomId& room, const std::string& key) const {
  const Room* found = find(room);
  if (found == nullptr) return std::nullopt;
  const auto value = found->values.find(key);
  if (value == found->values.end()) return std::nullopt;
  return value->second;
}

std::vector<KvPair> StoreModel::kv_list(const RoomId& room, const KvRange& range) const {
  std::vector<KvPair> pairs;
  const Room* found = find(room);
  if (found == nullptr) return pairs;
  for (const auto& [key, value] : found->values) {
    if (key < range.start || (!range.end.empty() && key >= range.end)) continue;
    if (key.starts_with(range.prefix)) pairs.push_back({key, value});
  }
  if (range.reverse) std::ranges::reverse(pairs);
  if (pairs.size() > range.limit) pairs.resize(range.limit);
  return pairs;
}

Result<void> StoreModel::kv_write(const RoomId& room, std::vector<KvChange> changes) {
  RUNNEL_TRY_VOID(check_kv_limits(changes));
  Room* found = RUNNEL_TRY(writable(room));
  for (KvChange& change : changes) {
    if (change.value) {
      found->values[std::move(change.key)] = *std::move(change.value);
    } else {
      found->values.erase(change.key);
    }
  }
  return {};
}

void StoreModel::kv_delete_all(const RoomId& room) {
  const auto found = rooms_.find(room);
  if (found != rooms_.end()) found->second.values.clear();
}

Result<void> StoreModel::set_alarm(const RoomId& room, std::optional<std::int64_t> alarm_ms) {
  Room* found = RUNNEL_TRY(writable(room));
  found->record.alarm_ms = alarm_ms;
  return {};
}

std::vector<DueAlarm> StoreModel::alarms(std::int64_t until_ms, std::size_t limit) const {
  std::vector<DueAlarm> due;
  for (const auto& [id, room] : rooms_) {
    if (room.record.alarm_ms && *room.record.alarm_ms <= until_ms) {
      due.push_back({id, *room.record.alarm_ms});
    }
  }
  std::ranges::sort(due, [](const DueAlarm& a, const DueAlarm& b) {
    return std::tie(a.alarm_ms, a.room) < std::tie(b.alarm_ms, b.room);
  });
  if (due.size() > limit) due.resize(limit);
  return due;
}

void StoreModel::put_record(Record record) {
  std::pair key{record.kind, record.key};
  records_[std::move(key)] = std::move(record);
}

void StoreModel::erase_record(const std::string& kind, const std::string& key) {
  records_.erase({kind, key});
}

std::optional<Record> StoreModel::get_record(const std::string& kind, const std::string& key,
                                             std::int64_t now_ms) const {
  const auto found = records_.find({kind, key});
  if (found == records_.end()) return std::nullopt;
  if (found->second.expires_ms != 0 && found->second.expires_ms <= now_ms) return std::nullopt;
  return found->second;
}

std::vector<Record> StoreModel::list_records(const std::string& kind, std::int64_t now_ms) const {
  std::vector<Record> found;
  for (auto at = records_.lower_bound({kind, ""}); at != records_.end(); ++at) {
    const Record& record = at->second;
    if (record.kind != kind) break;
    if (record.expires_ms == 0 || record.expires_ms > now_ms) found.push_back(record);
  }
  return found;
}

}  // namespace runnel::storage
