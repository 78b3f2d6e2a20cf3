#include "ycpp/doc/pending_merge.h"

#include "base/check.h"
#include "ycpp/doc/decode_v2.h"
#include "ycpp/doc/held_struct.h"
#include "ycpp/encoding/section_writer.h"
#include "ycpp/update/merge.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace ycpp {

namespace {

using RunRef = std::pair<ClientIndex, const PendingStructs::Run*>;

// Clients descending, clocks ascending, as Yjs writes an update; equal ones stay in the order of
// their arrival. Not std::stable_sort: libstdc++ 12's uses what clang 19 refuses as deprecated.
void sort_runs(const BlockStore& store, std::vector<RunRef>& runs) {
  std::multimap<std::pair<std::uint64_t, Clock>, RunRef> sorted;
  for (const RunRef& run : runs) {
    sorted.emplace(std::pair(~store.clients[run.first].id.value(), run.second->clock), run);
  }
  runs.clear();
  for (const auto& [key, run] : sorted) runs.push_back(run);
}

// What the document knows already is left out: others must not get it in another version.
template <class Encoder>
Bytes encode_runs(const BlockStore& store, std::vector<RunRef> runs) {
  sort_runs(store, runs);
  SectionWriter<Encoder> writer;
  IncomingUpdate read;
  std::string storage;
  for (const auto& [client, run] : runs) {
    const Clock state = store.clients[client].state;
    ByteView rest = run->rest();
    Clock clock = run->clock;
    for (std::uint64_t left = run->count; left > 0; --left) {
      read.clear();
      rest = rest.subspan(read_held(rest, clock, read));
      IncomingStruct item = read.structs.front();
      clock = item.end();
      if (item.end() <= state) continue;
      if (item.clock < state) item = without_front(client, item, state - item.clock, storage);
      writer.write(to_raw(store, read, client, item));
    }
  }
  writer.finish_structs();
  writer.encoder().rest().u8(0);
  return writer.finish();
}

// Every section of an update as a run.
void add_sections(BlockStore& store, PendingStructs& pending, IncomingUpdate& update) {
  for (IncomingNames& names : update.names) {
    if (names.has_root) names.root_type = store.root(names.root);
  }
  for (const IncomingSection& section : update.sections) {
    ByteWriter writer;
    for (std::size_t i = section.begin; i < section.end; ++i) {
      write_held(writer, update, update.structs[i]);
    }
    pending.add(section.client, {.clock = update.structs[section.begin].clock,
                                 .end = update.structs[section.end - 1].end(),
                                 .count = section.end - section.begin,
                                 .bytes = writer.to_bytes()});
  }
}

// In format V2, which carries every value and, as in Yjs, is what waiting structs are merged in.
void merge_as_yjs(BlockStore& store, PendingStructs& pending, const std::vector<PendingRun>& runs,
                  IncomingUpdate& scratch) {
  std::vector<RunRef> rest;
  rest.reserve(runs.size());
  for (const auto& [client, run] : runs) rest.emplace_back(client, &run);
  const Bytes first = encode_pending(store, pending, UpdateFormat::V2);
  const Bytes second = encode_runs<UpdateEncoderV2>(store, std::move(rest));
  const std::array<ByteView, 2> updates{first, second};
  const Result<Bytes> merged = merge_updates(updates, UpdateFormat::V2);
  RUNNEL_CHECK(merged.has_value());
  UpdateDecoderV2 decoder(*merged);
  RUNNEL_CHECK(decode_update_v2(decoder, merged->size(), store, scratch).has_value());
  (void)pending.take_runs();
  add_sections(store, pending, scratch);
  scratch.clear();
}

// Whether Yjs's merge would do more than put the run among the others.
bool meets(const PendingStructs& pending, ClientIndex client, const PendingStructs::Run& run) {
  return run.gc_at_an_end || pending.overlaps(client, run.clock, run.end);
}

}  // namespace

void add_pending(BlockStore& store, PendingStructs& pending, std::vector<PendingRun>& runs,
                 IncomingUpdate& scratch) {
  constexpr std::size_t kMergedBytesMax = std::size_t{16} * 1024;
  std::size_t bytes = pending.payload_bytes();
  for (const auto& [client, run] : runs) bytes += run.bytes.size();
  const bool any_meets = bytes <= kMergedBytesMax && !pending.empty() &&
                         std::any_of(runs.begin(), runs.end(), [&](const PendingRun& one) {
                           return meets(pending, one.first, one.second);
                         });
  if (any_meets) {
    merge_as_yjs(store, pending, runs, scratch);
  } else {
    for (auto& [client, run] : runs) {
      if (!pending.covers(client, run.clock, run.end)) pending.add(client, std::move(run));
    }
  }
  runs.clear();
}

Bytes encode_pending(const BlockStore& store, const PendingStructs& pending, UpdateFormat format) {
  std::vector<RunRef> all;
  for (const auto& [index, client] : pending.clients()) {
    for (const auto& [clock, run] : client.runs) all.emplace_back(index, &run);
  }
  return format == UpdateFormat::V1 ? encode_runs<UpdateEncoderV1>(store, std::move(all))
                                    : encode_runs<UpdateEncoderV2>(store, std::move(all));
}

}  // namespace ycpp
