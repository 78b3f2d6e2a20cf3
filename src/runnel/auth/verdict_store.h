// Verdicts that were given, in memory and as records of kind "verdict", so that a client that comes
// back with the same URL resumes: its one-time token is used up and no backend would know it.
//
// Format of the records: docs/formats/access.md. Everything runs on the room's loop.
#pragma once

#include "runnel/auth/access_gate.h"
#include "runnel/storage/room_store.h"

#include "base/executor.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace runnel::auth {

// Hash that names a verdict: of token, connection id as the client sent it, and room.
[[nodiscard]] VerdictKey verdict_key(const AccessRequest& request);

// SHA-256 of the token in hex, which is what may be stored of it.
[[nodiscard]] std::string token_hash(const Secret& token);

// Names a refusal: of a token, for a room.
[[nodiscard]] std::string denial_key(const RoomId& room, std::string_view token_hash);

struct StoredVerdict {
  RoomId room;
  std::string token_hash;      // SHA-256, hex
  std::string connection_key;  // `_pk`
  Grant grant;
};

[[nodiscard]] Bytes encode_verdict(const StoredVerdict& verdict);
[[nodiscard]] Result<StoredVerdict> decode_verdict(ByteView bytes);

class VerdictStore {
 public:
  struct Options {
    Duration resume_grace{std::chrono::seconds{60}};
    std::size_t verdicts_max{200'000};
  };

  VerdictStore(storage::RoomStore& store, const TimeSource& time, Log& log, Options options);
  VerdictStore(const VerdictStore&) = delete;
  VerdictStore& operator=(const VerdictStore&) = delete;
  VerdictStore(VerdictStore&&) = delete;
  VerdictStore& operator=(VerdictStore&&) = delete;
  ~VerdictStore();

  // Reads the records of this loop's rooms. Each may be resumed until `resume_grace` from now: what
  // the server itself interrupted is no client's fault.
  void start(std::function<bool(const RoomId&)> is_mine, Task done);

  // A verdict that holds now: one with a connection, or within its grace.
  [[nodiscard]] const StoredVerdict* find(const VerdictKey& key) const;

  // Remembers and stores it; `stored` runs when it survives the process, or cannot.
  void put(const VerdictKey& key, StoredVerdict verdict, Task stored);

  // Counts the connections that a verdict carries; grace runs while there are none.
  void acquire(const VerdictKey& key);
  void release(const VerdictKey& key);

  // Another identity or level, after a re-check or a refresh.
  void replace_grant(const VerdictKey& key, const Grant& grant);

  void erase(const VerdictKey& key);

  // Erases those whose grace is over; returns when the next one ends (steady ms), -1 if none runs.
  std::int64_t sweep();

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    StoredVerdict verdict;
    std::size_t connections{0};
    std::int64_t until_ms{0};  // steady; end of the grace while `connections` is 0
  };

  void set_grace(const VerdictKey& key, Entry& entry);
  void clear_grace(const VerdictKey& key, const Entry& entry);
  void write(const VerdictKey& key, const StoredVerdict& verdict, Task stored);
  void load_records(const std::vector<storage::Record>& records,
                    const std::function<bool(const RoomId&)>& is_mine);

  storage::RoomStore& store_;
  const TimeSource& time_;
  Log& log_;
  Options options_;
  std::unordered_map<std::string, Entry> entries_;
  // Invariant: holds exactly the entries without connections.
  std::set<std::pair<std::int64_t, std::string>> by_end_;
  std::shared_ptr<VerdictStore*> self_;
};

}  // namespace runnel::auth
