// Reads everything that a store has written and reports what is wrong with it.
#pragma once

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace runnel::storage {

// What the bytes mean is known elsewhere; each may be empty. An error's sentence is reported.
struct ContentValidators {
  std::function<Result<void>(ByteView)> update;
  std::function<Result<void>(ByteView)> snapshot;
  // A room's snapshot, empty when it has none, and the updates of its log in their order, once each
  // of them has passed.
  std::function<Result<void>(ByteView snapshot, const std::vector<ByteView>& updates)> room;
};

struct Finding {
  std::optional<RoomId> room;  // none: the file itself, or a room that is not known
  std::string what;            // a sentence
};

struct VerifyReport {
  std::uint64_t rooms{0};
  std::uint64_t snapshots{0};
  std::uint64_t log_entries{0};
  std::uint64_t values{0};
  std::uint64_t bytes{0};  // of snapshots and log
  std::vector<Finding> findings;

  [[nodiscard]] bool is_clean() const { return findings.empty(); }
};

// Through a connection that only reads, so also while a store writes. SQLite's integrity check,
// then every row of ours: checksums, gapless logs, rows of rooms that do not exist, the validators.
// An error when the file cannot be read at all. Blocks.
Result<VerifyReport> verify_database(const std::string& path, const ContentValidators& validators);

}  // namespace runnel::storage
