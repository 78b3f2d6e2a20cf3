#include "ycpp/delete_set.h"

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"

#include <algorithm>
#include <utility>

namespace ycpp {

namespace {

// Puts `range` behind the last one, joined with it where they touch. `range` starts at or behind
// the start of the last one.
void append_joined(std::vector<ClockRange>& ranges, ClockRange range) {
  if (!ranges.empty() && ranges.back().end() >= range.clock) {
    ClockRange& last = ranges.back();
    last.length = std::max(last.end(), range.end()) - last.clock;
  } else {
    ranges.push_back(range);
  }
}

std::vector<ClockRange> merge_ranges(std::span<const ClockRange> a, std::span<const ClockRange> b) {
  std::vector<ClockRange> merged;
  merged.reserve(a.size() + b.size());
  while (!a.empty() || !b.empty()) {
    std::span<const ClockRange>& first =
        b.empty() || (!a.empty() && a.front().clock <= b.front().clock) ? a : b;
    append_joined(merged, first.front());
    first = first.subspan(1);
  }
  return merged;
}

// The range that contains `clock`, or null.
const ClockRange* find_range(std::span<const ClockRange> ranges, Clock clock) noexcept {
  const auto after = std::ranges::upper_bound(ranges, clock, {}, &ClockRange::clock);
  if (after == ranges.begin()) return nullptr;
  const ClockRange& range = *(after - 1);
  return clock < range.end() ? &range : nullptr;
}

}  // namespace

DeleteSet DeleteSet::from_ranges(std::vector<Range> ranges) {
  DeleteSet set;
  const auto less = [](const Range& a, const Range& b) {
    return a.client != b.client ? a.client > b.client : a.range.clock < b.range.clock;
  };
  if (!std::ranges::is_sorted(ranges, less)) std::ranges::sort(ranges, less);
  for (const Range& entry : ranges) {
    if (entry.range.length == 0) continue;
    if (set.clients_.empty() || set.clients_.back().client != entry.client) {
      set.clients_.push_back({.client = entry.client, .ranges = {}});
    }
    append_joined(set.clients_.back().ranges, entry.range);
  }
  return set;
}

void DeleteSet::read_ranges(ByteReader& reader, UpdateFormat format, std::vector<Range>& ranges) {
  const std::uint64_t client_count = reader.var_uint();
  for (std::uint64_t i = 0; i < client_count && reader.ok(); ++i) {
    const ClientId client{reader.var_uint()};
    const std::uint64_t range_count = reader.var_uint();
    Clock end = 0;
    for (std::uint64_t j = 0; j < range_count && reader.ok(); ++j) {
      Clock clock = reader.var_uint();
      Clock length = reader.var_uint();
      if (format == UpdateFormat::V2) {
        clock += end;
        ++length;
      }
      if (clock > kMaxSafeInteger || length > kMaxSafeInteger - clock) {
        reader.set_error("deleted range ends above 2^53 - 1");
        return;
      }
      end = clock + length;
      ranges.push_back({.client = client, .range = {.clock = clock, .length = length}});
    }
  }
}

DeleteSet DeleteSet::read(ByteReader& reader, UpdateFormat format) {
  std::vector<Range> ranges;
  read_ranges(reader, format, ranges);
  return reader.ok() ? from_ranges(std::move(ranges)) : DeleteSet{};
}

Result<DeleteSet> DeleteSet::decode(ByteView bytes, UpdateFormat format) {
  ByteReader reader{bytes};
  DeleteSet set = read(reader, format);
  if (reader.ok() && !reader.at_end()) reader.set_error("bytes after its end");
  if (!reader.ok()) return std::unexpected(reader.error("delete set"));
  return set;
}

void DeleteSet::write(ByteWriter& writer, UpdateFormat format) const {
  writer.var_uint(clients_.size());
  for (const ClientRanges& entry : clients_) {
    writer.var_uint(entry.client.value());
    writer.var_uint(entry.ranges.size());
    Clock end = 0;
    for (const ClockRange range : entry.ranges) {
      const bool relative = format == UpdateFormat::V2;
      writer.var_uint(relative ? range.clock - end : range.clock);
      writer.var_uint(relative ? range.length - 1 : range.length);
      end = range.end();
    }
  }
}

Bytes DeleteSet::encode(UpdateFormat format) const {
  ByteWriter writer;
  write(writer, format);
  return writer.to_bytes();
}

std::vector<ClockRange>& DeleteSet::ranges_for(ClientId client) {
  const auto before = [](const ClientRanges& entry, ClientId wanted) {
    return entry.client > wanted;
  };
  auto found = std::lower_bound(clients_.begin(), clients_.end(), client, before);
  if (found == clients_.end() || found->client != client) {
    found = clients_.insert(found, {.client = client, .ranges = {}});
  }
  return found->ranges;
}

void DeleteSet::add(ClientId client, Clock clock, Clock length) {
  if (length == 0) return;
  std::vector<ClockRange>& ranges = ranges_for(client);
  const ClockRange added{.clock = clock, .length = length};
  if (ranges.empty() || ranges.back().clock <= clock) {
    append_joined(ranges, added);
    return;
  }
  // The ranges that touch the new one are those from the first that ends at or behind its start to
  // the last that starts at or before its end.
  const auto first =
      std::lower_bound(ranges.begin(), ranges.end(), clock,
                       [](const ClockRange& range, Clock start) { return range.end() < start; });
  const auto last =
      std::upper_bound(first, ranges.end(), added.end(),
                       [](Clock end, const ClockRange& range) { return end < range.clock; });
  if (first == last) {
    ranges.insert(first, added);
    return;
  }
  const Clock start = std::min(first->clock, clock);
  const Clock end = std::max((last - 1)->end(), added.end());
  *first = {.clock = start, .length = end - start};
  ranges.erase(first + 1, last);
}

void DeleteSet::merge(const DeleteSet& other) {
  std::vector<ClientRanges> merged;
  merged.reserve(clients_.size() + other.clients_.size());
  auto mine = clients_.begin();
  for (const ClientRanges& theirs : other.clients_) {
    while (mine != clients_.end() && mine->client > theirs.client) {
      merged.push_back(std::move(*mine++));
    }
    if (mine != clients_.end() && mine->client == theirs.client) {
      merged.push_back(
          {.client = theirs.client, .ranges = merge_ranges(mine->ranges, theirs.ranges)});
      ++mine;
    } else {
      merged.push_back(theirs);
    }
  }
  while (mine != clients_.end()) merged.push_back(std::move(*mine++));
  clients_ = std::move(merged);
}

std::span<const ClockRange> DeleteSet::ranges(ClientId client) const noexcept {
  const auto found =
      std::ranges::lower_bound(clients_, client, std::ranges::greater{}, &ClientRanges::client);
  if (found == clients_.end() || found->client != client) return {};
  return found->ranges;
}

bool DeleteSet::contains(Id id) const noexcept {
  return find_range(ranges(id.client), id.clock) != nullptr;
}

bool DeleteSet::covers(const DeleteSet& other) const noexcept {
  for (const ClientRanges& theirs : other.clients_) {
    const std::span<const ClockRange> mine = ranges(theirs.client);
    for (const ClockRange& range : theirs.ranges) {
      const ClockRange* found = find_range(mine, range.clock);
      if (found == nullptr || found->end() < range.end()) return false;
    }
  }
  return true;
}

}  // namespace ycpp
