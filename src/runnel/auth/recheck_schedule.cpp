#include "runnel/auth/recheck_schedule.h"

#include <algorithm>

namespace runnel::auth {

void RecheckSchedule::add(const Subject& subject, ConnectionId connection, bool soon,
                          RandomSource& random, std::int64_t now_ms) {
  const auto [found, added] = entries_.try_emplace(subject);
  Entry& entry = found->second;
  entry.connections.insert(connection);
  if (options_.interval.count() == 0 || entry.in_flight) return;
  if (!added && !soon) return;
  due_.erase({entry.due_ms, subject});
  // After a restart everybody resumes at once: their questions spread over a second.
  constexpr std::uint64_t kSoonMs = 1000;
  entry.due_ms =
      soon ? now_ms + static_cast<std::int64_t>(random.below(kSoonMs)) : jittered(random, now_ms);
  due_.emplace(entry.due_ms, subject);
}

void RecheckSchedule::remove(const Subject& subject, ConnectionId connection) {
  const auto found = entries_.find(subject);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.connections.erase(connection);
  // One in flight stays until its answer, so that the bound on questions keeps counting it.
  if (!entry.connections.empty() || entry.in_flight) return;
  due_.erase({entry.due_ms, subject});
  entries_.erase(found);
}

std::size_t RecheckSchedule::make_due(const RoomId& room, std::int64_t now_ms) {
  std::size_t count = 0;
  const Subject first{.room = room, .user_id = {}, .share_id = {}};
  for (auto at = entries_.lower_bound(first); at != entries_.end() && at->first.room == room;
       ++at) {
    ++count;
    Entry& entry = at->second;
    if (entry.in_flight) {
      entry.again = true;
      continue;
    }
    due_.erase({entry.due_ms, at->first});
    entry.due_ms = now_ms;
    due_.emplace(now_ms, at->first);
  }
  return count;
}

std::vector<Subject> RecheckSchedule::take_due(std::int64_t now_ms) {
  std::vector<Subject> taken;
  while (!due_.empty() && due_.begin()->first <= now_ms && in_flight_ < options_.in_flight_max) {
    Subject subject = due_.begin()->second;
    due_.erase(due_.begin());
    entries_[subject].in_flight = true;
    ++in_flight_;
    taken.push_back(std::move(subject));
  }
  return taken;
}

void RecheckSchedule::answered(const Subject& subject, RandomSource& random, std::int64_t now_ms) {
  const auto found = entries_.find(subject);
  if (found == entries_.end() || !found->second.in_flight) return;
  --in_flight_;
  Entry& entry = found->second;
  entry.in_flight = false;
  if (entry.connections.empty()) {
    entries_.erase(found);
    return;
  }
  if (entry.again) {
    entry.due_ms = now_ms;
  } else if (options_.interval.count() > 0) {
    entry.due_ms = jittered(random, now_ms);
  } else {
    return;
  }
  entry.again = false;
  due_.emplace(entry.due_ms, subject);
}

std::int64_t RecheckSchedule::next_due_ms() const {
  if (due_.empty() || in_flight_ >= options_.in_flight_max) return -1;
  return due_.begin()->first;
}

std::vector<ConnectionId> RecheckSchedule::connections(const Subject& subject) const {
  const auto found = entries_.find(subject);
  if (found == entries_.end()) return {};
  return {found->second.connections.begin(), found->second.connections.end()};
}

std::int64_t RecheckSchedule::jittered(RandomSource& random, std::int64_t now_ms) const {
  const std::int64_t interval = options_.interval.count();
  const auto tenth = static_cast<std::uint64_t>(interval / 10);
  return now_ms + interval - static_cast<std::int64_t>(random.below(tenth + 1));
}

}  // namespace runnel::auth
