#include "ycpp/doc/pending_merge.h"

#include "base/check.h"
#include "ycpp/doc/decode_v1.h"
#include "ycpp/update/merge.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>

namespace ycpp {

namespace {

using RunRef = std::pair<ClientIndex, const PendingStructs::Run*>;

// Clients descending, clocks ascending, as Yjs writes an update.
Bytes encode_runs(const BlockStore& store, const std::vector<RunRef>& runs) {
  std::vector<std::size_t> order(runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (runs[a].first != runs[b].first) {
      return store.clients[runs[a].first].id > store.clients[runs[b].first].id;
    }
    const Clock clock_a = runs[a].second->clock;
    const Clock clock_b = runs[b].second->clock;
    return clock_a != clock_b ? clock_a < clock_b : a < b;
  });
  ByteWriter writer;
  writer.var_uint(runs.size());
  for (const std::size_t index : order) {
    const auto& [client, run] = runs[index];
    writer.var_uint(run->count);
    writer.var_uint(store.clients[client].id.value());
    writer.var_uint(run->clock);
    writer.bytes(run->rest());
  }
  writer.u8(0);
  return writer.to_bytes();
}

// Every section of an update as a run.
void add_sections(BlockStore& store, PendingStructs& pending, const IncomingUpdate& update) {
  for (const IncomingSection& section : update.sections) {
    ByteWriter writer;
    for (std::size_t i = section.begin; i < section.end; ++i) {
      write_incoming_v1(writer, store, update, update.structs[i]);
    }
    pending.add(section.client, {.clock = update.structs[section.begin].clock,
                                 .end = update.structs[section.end - 1].end(),
                                 .count = section.end - section.begin,
                                 .bytes = writer.to_bytes(),
                                 .offset = 0});
  }
}

void merge_as_yjs(BlockStore& store, PendingStructs& pending, const std::vector<PendingRun>& runs,
                  IncomingUpdate& scratch) {
  std::vector<RunRef> rest;
  rest.reserve(runs.size());
  for (const auto& [client, run] : runs) rest.emplace_back(client, &run);
  const Bytes first = encode_pending(store, pending);
  const Bytes second = encode_runs(store, rest);
  const std::array<ByteView, 2> updates{first, second};
  const Result<Bytes> merged = merge_updates(updates);
  RUNNEL_CHECK(merged.has_value());
  RUNNEL_CHECK(decode_update_v1(*merged, store, scratch).has_value());
  pending.clear_runs();
  add_sections(store, pending, scratch);
}

}  // namespace

void add_pending(BlockStore& store, PendingStructs& pending, std::vector<PendingRun>& runs,
                 IncomingUpdate& scratch) {
  constexpr std::size_t kMergedBytesMax = std::size_t{64} * 1024;
  std::size_t bytes = pending.bytes();
  for (const auto& [client, run] : runs) bytes += run.bytes.size();
  if (!pending.empty() && bytes <= kMergedBytesMax) {
    merge_as_yjs(store, pending, runs, scratch);
  } else {
    for (auto& [client, run] : runs) {
      if (!pending.covers(client, run.clock, run.end)) pending.add(client, std::move(run));
    }
  }
  runs.clear();
}

Bytes encode_pending(const BlockStore& store, const PendingStructs& pending) {
  std::vector<RunRef> all;
  for (const auto& [client, runs] : pending.runs()) {
    for (const auto& [clock, run] : runs) all.emplace_back(client, &run);
  }
  return encode_runs(store, all);
}

}  // namespace ycpp
