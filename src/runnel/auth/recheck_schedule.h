// When to ask again whether somebody may still be where they are: one question per user and room,
// however many connections they have there. Pure bookkeeping under steady time.
#pragma once

#include "base/executor.h"
#include "base/identity.h"
#include "base/ids.h"
#include "base/random_source.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace runnel::auth {

// A user in a room; guests of different share links are different subjects.
struct Subject {
  RoomId room;
  std::string user_id;
  std::string share_id;

  friend auto operator<=>(const Subject&, const Subject&) = default;
};

class RecheckSchedule {
 public:
  struct Options {
    Duration interval{std::chrono::seconds{30}};  // 0: never
    std::size_t in_flight_max{32};
  };

  explicit RecheckSchedule(Options options) : options_(options) {}

  // The first question is due within the interval; at once with `soon` (a resumed connection).
  void add(const Subject& subject, ConnectionId connection, bool soon, RandomSource& random,
           std::int64_t now_ms);
  void remove(const Subject& subject, ConnectionId connection);

  // Makes everybody in the room due now; returns how many subjects that are.
  std::size_t make_due(const RoomId& room, std::int64_t now_ms);

  // Takes subjects that are due, as far as `in_flight_max` allows; each must be given back with
  // `answered`.
  [[nodiscard]] std::vector<Subject> take_due(std::int64_t now_ms);

  // Next time: within the interval, a tenth of it early at most, so that questions spread out.
  void answered(const Subject& subject, RandomSource& random, std::int64_t now_ms);

  // Steady time at which something is due; -1: nothing, or everything possible is in flight.
  [[nodiscard]] std::int64_t next_due_ms() const;

  [[nodiscard]] std::vector<ConnectionId> connections(const Subject& subject) const;

  [[nodiscard]] std::size_t subjects() const { return entries_.size(); }

 private:
  struct Entry {
    std::set<ConnectionId> connections;
    std::int64_t due_ms{0};
    bool in_flight{false};
    bool again{false};  // became due while in flight
  };

  using Due = std::pair<std::int64_t, Subject>;

  [[nodiscard]] std::int64_t jittered(RandomSource& random, std::int64_t now_ms) const;

  Options options_;
  std::map<Subject, Entry> entries_;
  // Invariant: holds exactly the entries that are not in flight, when the interval is not 0 or they
  // were made due.
  std::set<Due> due_;
  std::size_t in_flight_{0};
};

}  // namespace runnel::auth
