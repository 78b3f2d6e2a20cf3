#include "ycpp/doc/pending.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ycpp {

void PendingStructs::add(ClientIndex client, Run run) {
  payload_bytes_ += run.bytes.size();
  ++run_count_;
  Client& record = clients_[client];
  cover(record.covered, run.clock, run.end);
  const Clock first = run.clock;
  join_neighbours(record.runs, record.runs.emplace(first, std::move(run)));
}

void PendingStructs::cover(std::map<Clock, Clock>& covered, Clock clock, Clock end) {
  auto place = covered.upper_bound(clock);
  if (place != covered.begin() && std::prev(place)->second >= clock) {
    --place;
    clock = place->first;
  }
  while (place != covered.end() && place->first <= end) {
    end = std::max(end, place->second);
    place = covered.erase(place);
  }
  covered.emplace(clock, end);
}

// Structs that arrive one by one become few runs. Appending is cheap; what is put in front of a run
// only joins it once it is nearly as large, so that each byte moves O(log n) times.
void PendingStructs::join_neighbours(Runs& runs, Runs::iterator run) {
  if (run != runs.begin()) {
    const auto before = std::prev(run);
    if (before->second.end == run->second.clock) {
      append(runs, before, run);
      run = before;
    }
  }
  while (true) {
    const auto next = runs.find(run->second.end);
    if (next == runs.end() || next->second.offset > 0) return;
    if (next->second.bytes.size() > 2 * run->second.bytes.size()) return;
    append(runs, run, next);
  }
}

void PendingStructs::append(Runs& runs, Runs::iterator run, Runs::iterator next) {
  Run& low = run->second;
  const Run& high = next->second;
  low.bytes.insert(low.bytes.end(), high.bytes.begin(), high.bytes.end());
  low.count += high.count;
  low.end = high.end;
  runs.erase(next);
  --run_count_;
}

bool PendingStructs::covers(ClientIndex client, Clock clock, Clock end) const {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return false;
  const std::map<Clock, Clock>& covered = found->second.covered;
  const auto after = covered.upper_bound(clock);
  return after != covered.begin() && std::prev(after)->second >= end;
}

bool PendingStructs::overlaps(ClientIndex client, Clock clock, Clock end) const {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return false;
  const std::map<Clock, Clock>& covered = found->second.covered;
  const auto after = covered.lower_bound(end);
  return after != covered.begin() && std::prev(after)->second > clock;
}

PendingStructs::Run* PendingStructs::head(ClientIndex client) noexcept {
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : &found->second.runs.begin()->second;
}

void PendingStructs::drop_head(ClientIndex client) {
  const auto found = clients_.find(client);
  Runs& runs = found->second.runs;
  payload_bytes_ -= runs.begin()->second.bytes.size();
  --run_count_;
  runs.erase(runs.begin());
  // While others are left the cover stays too large at its front, which no update asks for again:
  // those units are part of the document.
  if (runs.empty()) clients_.erase(found);
}

void PendingStructs::file(LocalId awaited, ClientIndex client) {
  if (awaited.is_set()) waiting_[awaited.client].emplace(awaited.clock, client);
}

void PendingStructs::unfile(LocalId awaited, ClientIndex client) {
  const auto found = waiting_.find(awaited.client);
  if (found == waiting_.end()) return;
  found->second.erase({awaited.clock, client});
  if (found->second.empty()) waiting_.erase(found);
}

void PendingStructs::wait(ClientIndex client, LocalId awaited, Clock end) {
  const LocalId own = awaited.client == client ? LocalId{} : LocalId{client, end - 1};
  Filed& filed = filed_[client];
  if (filed.awaited == awaited && filed.own == own) return;
  unfile(filed.awaited, client);
  unfile(filed.own, client);
  filed = {awaited, own};
  file(awaited, client);
  file(own, client);
}

void PendingStructs::wake(ClientIndex awaited, Clock state, std::vector<ClientIndex>& ready) {
  const auto found = waiting_.find(awaited);
  if (found == waiting_.end()) return;
  const std::size_t first = ready.size();
  const auto last = found->second.lower_bound({state, 0});
  for (auto waiter = found->second.begin(); waiter != last; ++waiter) {
    ready.push_back(waiter->second);
  }
  for (std::size_t i = first; i < ready.size(); ++i) {
    const auto filed = filed_.find(ready[i]);
    if (filed == filed_.end()) continue;
    unfile(filed->second.awaited, ready[i]);
    unfile(filed->second.own, ready[i]);
    filed_.erase(filed);
  }
}

void PendingDeletes::add(ClientIndex client, ClockRange range) {
  if (range.length == 0) return;
  std::map<Clock, Clock>& ranges = ranges_[client];
  Clock clock = range.clock;
  Clock end = range.end();
  auto place = ranges.upper_bound(clock);
  if (place != ranges.begin()) {
    const auto before = std::prev(place);
    if (before->first + before->second >= clock) {
      clock = before->first;
      end = std::max(end, before->first + before->second);
      place = before;
    }
  }
  while (place != ranges.end() && place->first <= end) {
    end = std::max(end, place->first + place->second);
    place = ranges.erase(place);
    --count_;
  }
  ranges.emplace(clock, end - clock);
  ++count_;
}

void PendingDeletes::take_below(ClientIndex client, Clock state, std::vector<LocalRange>& out) {
  const auto found = ranges_.find(client);
  if (found == ranges_.end()) return;
  std::map<Clock, Clock>& ranges = found->second;
  const auto last = ranges.lower_bound(state);
  for (auto range = ranges.begin(); range != last; range = ranges.erase(range)) {
    out.push_back({client, {range->first, range->second}});
    --count_;
  }
  if (ranges.empty()) ranges_.erase(found);
}

}  // namespace ycpp
