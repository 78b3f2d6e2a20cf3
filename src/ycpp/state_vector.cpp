#include "ycpp/state_vector.h"

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace ycpp {

namespace {

bool before(const StateVector::Entry& entry, ClientId client) noexcept {
  return entry.client > client;
}

}  // namespace

StateVector StateVector::from_entries(std::vector<Entry> entries) {
  StateVector vector;
  const auto not_descending = [](const Entry& a, const Entry& b) { return a.client <= b.client; };
  if (std::ranges::adjacent_find(entries, not_descending) == entries.end()) {
    vector.entries_ = std::move(entries);
    return vector;
  }
  // The later of two equal clients comes first, so that dropping repetitions keeps it.
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&entries](std::size_t a, std::size_t b) {
    return entries[a].client != entries[b].client ? entries[a].client > entries[b].client : a > b;
  });
  for (const std::size_t index : order) {
    if (vector.entries_.empty() || vector.entries_.back().client != entries[index].client) {
      vector.entries_.push_back(entries[index]);
    }
  }
  return vector;
}

StateVector StateVector::read(ByteReader& reader) {
  const std::uint64_t count = reader.var_uint();
  std::vector<Entry> entries;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const ClientId client{reader.var_uint()};
    const Clock clock = reader.var_uint();
    if (reader.ok()) entries.push_back({.client = client, .clock = clock});
  }
  return reader.ok() ? from_entries(std::move(entries)) : StateVector{};
}

Result<StateVector> StateVector::decode(ByteView bytes) {
  ByteReader reader{bytes};
  StateVector vector = read(reader);
  if (reader.ok() && !reader.at_end()) reader.set_error("bytes after its end");
  if (!reader.ok()) return std::unexpected(reader.error("state vector"));
  return vector;
}

void StateVector::write(ByteWriter& writer) const {
  writer.var_uint(entries_.size());
  for (const Entry& entry : entries_) {
    writer.var_uint(entry.client.value());
    writer.var_uint(entry.clock);
  }
}

Bytes StateVector::encode() const {
  ByteWriter writer;
  write(writer);
  return writer.to_bytes();
}

Clock StateVector::clock(ClientId client) const noexcept {
  const auto found =
      std::ranges::lower_bound(entries_, client, std::ranges::greater{}, &Entry::client);
  return found != entries_.end() && found->client == client ? found->clock : 0;
}

void StateVector::set(ClientId client, Clock clock) {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), client, before);
  if (found != entries_.end() && found->client == client) {
    found->clock = clock;
  } else {
    entries_.insert(found, {.client = client, .clock = clock});
  }
}

void StateVector::raise(ClientId client, Clock clock) {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), client, before);
  if (found != entries_.end() && found->client == client) {
    found->clock = std::max(found->clock, clock);
  } else {
    entries_.insert(found, {.client = client, .clock = clock});
  }
}

void StateVector::merge(const StateVector& other) {
  std::vector<Entry> merged;
  merged.reserve(entries_.size() + other.entries_.size());
  auto mine = entries_.begin();
  auto theirs = other.entries_.begin();
  while (mine != entries_.end() || theirs != other.entries_.end()) {
    if (theirs == other.entries_.end() ||
        (mine != entries_.end() && mine->client > theirs->client)) {
      merged.push_back(*mine++);
    } else if (mine == entries_.end() || theirs->client > mine->client) {
      merged.push_back(*theirs++);
    } else {
      merged.push_back({.client = mine->client, .clock = std::max(mine->clock, theirs->clock)});
      ++mine;
      ++theirs;
    }
  }
  entries_ = std::move(merged);
}

bool StateVector::covers(const StateVector& other) const noexcept {
  auto mine = entries_.begin();
  for (const Entry& theirs : other.entries_) {
    if (theirs.clock == 0) continue;
    while (mine != entries_.end() && mine->client > theirs.client) ++mine;
    if (mine == entries_.end() || mine->client != theirs.client || mine->clock < theirs.clock) {
      return false;
    }
  }
  return true;
}

}  // namespace ycpp
