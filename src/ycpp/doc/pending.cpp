#include "ycpp/doc/pending.h"

#include "ycpp/encoding/any.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/json.h"
#include "ycpp/encoding/utf.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ycpp {

void PendingStructs::add(ClientIndex client, Run run) {
  bytes_ += run.bytes.size();
  std::map<Clock, Clock>& covered = covered_[client];
  Clock clock = run.clock;
  Clock end = run.end;
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
  const Clock first = run.clock;
  runs_[client].emplace(first, std::move(run));
}

bool PendingStructs::covers(ClientIndex client, Clock clock, Clock end) const {
  const auto found = covered_.find(client);
  if (found == covered_.end()) return false;
  const auto after = found->second.upper_bound(clock);
  return after != found->second.begin() && std::prev(after)->second >= end;
}

PendingStructs::Run* PendingStructs::head(ClientIndex client) noexcept {
  const auto runs = runs_.find(client);
  return runs == runs_.end() ? nullptr : &runs->second.begin()->second;
}

void PendingStructs::drop_head(ClientIndex client) {
  const auto runs = runs_.find(client);
  const auto first = runs->second.begin();
  bytes_ -= first->second.bytes.size();
  runs->second.erase(first);
  // While others are left the cover stays too large at its front, which no update asks for again:
  // those units are part of the document.
  if (!runs->second.empty()) return;
  runs_.erase(runs);
  covered_.erase(client);
}

void PendingStructs::wait(ClientIndex client, LocalId awaited) {
  LocalId& known = awaited_[client];
  if (known == awaited) return;
  known = awaited;
  waiting_[awaited.client].emplace(awaited.clock, client);
}

void PendingStructs::wake(ClientIndex awaited, Clock state, std::vector<ClientIndex>& ready) {
  const auto found = waiting_.find(awaited);
  if (found == waiting_.end()) return;
  std::multimap<Clock, ClientIndex>& waiters = found->second;
  const auto last = waiters.lower_bound(state);
  for (auto waiter = waiters.begin(); waiter != last; ++waiter) {
    ready.push_back(waiter->second);
    awaited_.erase(waiter->second);
  }
  waiters.erase(waiters.begin(), last);
  if (waiters.empty()) waiting_.erase(found);
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

namespace {

void write_id(ByteWriter& writer, const BlockStore& store, LocalId id) {
  writer.var_uint(store.clients[id.client].id.value());
  writer.var_uint(id.clock);
}

void write_place(ByteWriter& writer, const BlockStore& store, const IncomingUpdate& update,
                 const IncomingStruct& item) {
  if (item.origin().is_set()) write_id(writer, store, item.origin());
  if (item.right_origin().is_set()) write_id(writer, store, item.right_origin());
  if (item.origin().is_set() || item.right_origin().is_set()) return;
  const IncomingNames& names = update.names[item.names];
  writer.var_uint(names.has_root ? 1 : 0);
  if (names.has_root) {
    writer.var_string(names.root);
  } else {
    write_id(writer, store, names.parent);
  }
  if (names.has_key) writer.var_string(names.key);
}

void write_value(ByteWriter& writer, const IncomingStruct& item) {
  const ByteView value{item.content, item.content_bytes};
  if (item.form == ValueForm::Json) {
    writer.var_bytes(value);
    return;
  }
  ByteReader reader(value);
  writer.var_string(to_json(read_any(reader)));
}

void write_content(ByteWriter& writer, const IncomingUpdate& update, const IncomingStruct& item) {
  const ByteView content{item.content, item.content_bytes};
  switch (item.kind) {
    case BlockKind::Gc:
    case BlockKind::Deleted:
      writer.var_uint(item.length);
      return;
    case BlockKind::Json:
    case BlockKind::Any:
      writer.var_uint(item.length);
      writer.bytes(content);
      return;
    case BlockKind::Binary:
      writer.var_bytes(content);
      return;
    case BlockKind::String:
      if (item.unicode && has_lone_surrogate(runnel::as_text(content))) {
        writer.var_string(to_well_formed(runnel::as_text(content)));
      } else {
        writer.var_bytes(content);
      }
      return;
    case BlockKind::Embed:
      write_value(writer, item);
      return;
    case BlockKind::Format:
      writer.var_string(update.names[item.names].name);
      write_value(writer, item);
      return;
    case BlockKind::Type:
      writer.var_uint(static_cast<std::uint64_t>(item.type_kind));
      if (item.type_kind == TypeKind::XmlElement || item.type_kind == TypeKind::XmlHook) {
        writer.var_string(update.names[item.names].name);
      }
      return;
    case BlockKind::Doc:
      writer.var_string(update.names[item.names].name);
      writer.bytes(content);
      return;
  }
}

}  // namespace

void write_incoming_v1(ByteWriter& writer, const BlockStore& store, const IncomingUpdate& update,
                       const IncomingStruct& item) {
  constexpr std::uint8_t kHasOrigin = 0x80;
  constexpr std::uint8_t kHasRightOrigin = 0x40;
  constexpr std::uint8_t kHasKey = 0x20;
  auto info = static_cast<std::uint8_t>(item.kind);
  if (item.origin().is_set()) info |= kHasOrigin;
  if (item.right_origin().is_set()) info |= kHasRightOrigin;
  // A key that is not on the wire leaves no trace, as where Yjs merges updates without a document.
  const bool is_placed = (info & (kHasOrigin | kHasRightOrigin)) != 0;
  if (!is_placed && item.names != kNone && update.names[item.names].has_key) info |= kHasKey;
  writer.u8(info);
  if (item.kind != BlockKind::Gc) write_place(writer, store, update, item);
  write_content(writer, update, item);
}

}  // namespace ycpp
