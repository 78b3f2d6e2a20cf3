#include "ycpp/types/snapshot.h"

#include "ycpp/doc/encode_state.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/types/read.h"
#include "ycpp/types/type_system.h"
#include "ycpp/update/format.h"
#include "ycpp/update/update_meta.h"

#include <algorithm>

namespace ycpp {

namespace {

Result<Snapshot> decode_as(ByteView bytes, UpdateFormat format) {
  ByteReader reader(bytes);
  DeleteSet deletes = DeleteSet::read(reader, format);
  StateVector vector = StateVector::read(reader);
  if (reader.ok() && !reader.at_end()) reader.set_error("bytes after the end");
  if (!reader.ok()) return std::unexpected(reader.error("reading a snapshot"));
  return Snapshot(std::move(deletes), std::move(vector));
}

Bytes encode_as(const Snapshot& snapshot, UpdateFormat format) {
  ByteWriter writer;
  snapshot.delete_set().write(writer, format);
  snapshot.state_vector().write(writer);
  return writer.to_bytes();
}

// The last value of a key that the snapshot knows, unless it had been deleted.
std::optional<Value> value_at(Doc& doc, EntryIndex entry, const Snapshot& snapshot) {
  const BlockStore& store = doc.store();
  for (BlockIndex block = store.entries[entry].last; block != kNone;
       block = store.blocks[block].left) {
    const Id first = store.global(store.blocks.id(block));
    const Clock known = snapshot.state_vector().clock(first.client);
    if (first.clock >= known) continue;
    const Clock unit = std::min(known - first.clock, store.blocks.length(block)) - 1;
    if (!snapshot.contains({first.client, first.clock + unit})) return std::nullopt;
    return edit::unit_value(doc, block, unit);
  }
  return std::nullopt;
}

}  // namespace

Result<Snapshot> Snapshot::decode(ByteView bytes) { return decode_as(bytes, UpdateFormat::V1); }

Result<Snapshot> Snapshot::decode_v2(ByteView bytes) { return decode_as(bytes, UpdateFormat::V2); }

Bytes Snapshot::encode() const { return encode_as(*this, UpdateFormat::V1); }

Bytes Snapshot::encode_v2() const { return encode_as(*this, UpdateFormat::V2); }

bool Snapshot::contains(Id id) const noexcept {
  return id.clock < state_vector_.clock(id.client) && !delete_set_.contains(id);
}

Snapshot snapshot(Doc& doc) { return {doc.delete_set(), doc.state_vector()}; }

Result<bool> snapshot_contains_update(const Snapshot& snapshot, ByteView update) {
  const UpdateFormat format = RUNNEL_TRY(recognise_update_format(update));
  const std::vector<UpdateSpan> spans = RUNNEL_TRY(parse_update_meta(update, format));
  for (const UpdateSpan& span : spans) {
    if (snapshot.state_vector().clock(span.client) < span.to) return false;
  }
  const DeleteSet deletes = RUNNEL_TRY(delete_set_of_update(update, format));
  return snapshot.delete_set().covers(deletes);
}

Result<void> create_doc_from_snapshot(Doc& origin, const Snapshot& snapshot, Doc& restored) {
  if (origin.options().gc) {
    return runnel::fail(Errc::Invalid,
                        "restoring a snapshot: the document collects garbage, what was deleted is "
                        "gone");
  }
  BlockStore& store = origin.store();
  std::vector<EncodeFrom> clients;
  for (const StateVector::Entry& entry : snapshot.state_vector().entries()) {
    if (entry.clock == 0) continue;
    const ClientIndex client = store.find_client(entry.client);
    if (client == kNone || store.clients[client].state < entry.clock) {
      return runnel::fail(Errc::Invalid, "restoring a snapshot: it is newer than the document");
    }
    clients.push_back({.client = client, .clock = 0, .end = entry.clock});
  }
  Bytes update;
  edit::with_edit(origin, [&](edit::Edit& edit) {
    for (const EncodeFrom& from : clients) {
      if (from.end < store.clients[from.client].state) {
        (void)edit.integrator.clean_start({from.client, from.end});
      }
    }
    std::vector<LocalRange> deletes;
    for (const DeleteSet::ClientRanges& ranges : snapshot.delete_set().clients()) {
      const ClientIndex client = store.intern_client(ranges.client);
      for (const ClockRange& range : ranges.ranges) deletes.push_back({client, range});
    }
    update = encode_update_v2(store, clients, deletes);
  });
  return restored.apply_update_v2(update);
}

std::vector<Value> type_list_to_array_snapshot(const SharedType& type, const Snapshot& snapshot) {
  const BlockStore& store = type.doc().store();
  std::vector<Value> values;
  for (BlockIndex block = store.types[type.index()].start; block != kNone;
       block = store.blocks[block].right) {
    if (!is_countable(store.blocks[block].kind)) continue;
    const Id first = store.global(store.blocks.id(block));
    for (Clock i = 0; i < store.blocks.length(block); ++i) {
      if (!snapshot.contains({first.client, first.clock + i})) continue;
      values.push_back(edit::unit_value(type.doc(), block, i));
    }
  }
  return values;
}

std::optional<Value> type_map_get_snapshot(const SharedType& type, std::string_view key,
                                           const Snapshot& snapshot) {
  const BlockStore& store = type.doc().store();
  const NameIndex name = store.names.find(key);
  const EntryIndex entry = name == kNone ? kNone : store.find_entry(type.index(), name);
  if (entry == kNone) return std::nullopt;
  return value_at(type.doc(), entry, snapshot);
}

std::vector<std::pair<std::string, Value>> type_map_get_all_snapshot(const SharedType& type,
                                                                     const Snapshot& snapshot) {
  const BlockStore& store = type.doc().store();
  std::vector<std::pair<std::string, Value>> entries;
  for (EntryIndex entry = store.types[type.index()].first_entry; entry != kNone;
       entry = store.entries[entry].next) {
    std::optional<Value> value = value_at(type.doc(), entry, snapshot);
    if (!value.has_value()) continue;
    entries.emplace_back(store.names.text(store.entries[entry].key), *std::move(value));
  }
  return entries;
}

namespace edit {

void split_at_snapshot(Edit& edit, const Snapshot& snapshot) {
  const BlockStore& store = edit.store;
  for (const StateVector::Entry& entry : snapshot.state_vector().entries()) {
    const ClientIndex client = store.find_client(entry.client);
    if (client == kNone || entry.clock >= store.clients[client].state) continue;
    edit.integrator.clean_start({client, entry.clock});
  }
  for (const DeleteSet::ClientRanges& ranges : snapshot.delete_set().clients()) {
    const ClientIndex client = store.find_client(ranges.client);
    if (client == kNone) continue;
    const Clock state = store.clients[client].state;
    for (const ClockRange& range : ranges.ranges) {
      if (range.clock >= state) break;
      edit.integrator.clean_start({client, range.clock});
      if (range.end() < state) edit.integrator.clean_start({client, range.end()});
    }
  }
}

}  // namespace edit

}  // namespace ycpp
