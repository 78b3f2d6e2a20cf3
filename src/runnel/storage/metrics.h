// What storage counts, for server/ to export. Any thread reads; storage's own threads write.
#pragma once

#include "base/counters.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace runnel::storage {

// Observations in buckets of powers of two: bucket i holds values below 2^i.
class LogHistogram {
 public:
  static constexpr std::size_t kBuckets = 24;

  void observe(std::uint64_t value) noexcept {
    const auto width = static_cast<std::size_t>(std::bit_width(value));
    buckets_[width < kBuckets ? width : kBuckets - 1].add();
    sum_.add(value);
  }

  [[nodiscard]] std::uint64_t bucket(std::size_t index) const { return buckets_[index].value(); }

  [[nodiscard]] std::uint64_t sum() const { return sum_.value(); }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter sum_;
};

struct StoreMetrics {
  Counter commits;
  Counter failed_commits;      // each one broke the rooms that had written in it
  LogHistogram commit_writes;  // writes in one commit
  LogHistogram commit_ms;
  Counter appends;
  Counter append_bytes;  // updates only
  Counter folds;         // rooms moved from the journal into a chunk row
  Counter fold_bytes;
  Counter consolidations;  // runs of small chunks rewritten as one
  Counter compactions;
  Counter snapshot_bytes;
  Counter reads;  // documents, values, lists, alarms, records
  Counter syncs;
  Counter failed_syncs;
  LogHistogram sync_ms;
  Counter checkpoints;
  LogHistogram checkpoint_ms;
  Counter refused_writes;  // the queue in front of the writer was full
  Gauge queue_bytes;       // waiting for the writer
  Gauge journal_bytes;
  Gauge journal_rows;
  Gauge unfolded_rooms;
  Gauge rooms_in_memory;
  Gauge wal_pages;
  Gauge rooms_stored;  // present ones; counted in the background after the start
};

}  // namespace runnel::storage
