#include "ycpp/doc/applier.h"

#include "ycpp/doc/held_struct.h"
#include "ycpp/doc/subdocument_options.h"
#include "ycpp/doc/value_walk.h"
#include "ycpp/encoding/utf.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace ycpp {

Result<void> Applier::apply(IncomingUpdate& update) {
  constexpr std::size_t kManyStructs = 64;
  const bool is_large = update.structs.size() >= kManyStructs;
  const RollbackPoint point = RollbackPoint::of(store_);
  if (is_large) prepare(update);
  name_roots(update);
  if (!integrate_structs(update)) return refuse(update, point);
  apply_deletes(update.deletes);
  if (is_large) finish_large(update);
  retry_deletes();
  if (pending_structs_.empty()) return {};
  is_draining_ = true;
  drain_pending();
  retry_deletes();
  return {};
}

Result<void> Applier::refuse(const IncomingUpdate& update, RollbackPoint point) {
  for (const Target& target : scratch_.targets) store_.clients[target.client].target = kNone;
  scratch_.stack.clear();
  scratch_.rest.clear();
  scratch_.ready.clear();
  finish_large(update);
  roll_back(store_, transaction_, point);
  return fail(Errc::LimitExceeded,
              "applying an update: its items conflict with too many others at the same place");
}

void Applier::finish_large(const IncomingUpdate& update) {
  for (const IncomingSection& section : update.sections) {
    store_.clients[section.client].list.drop_shortcuts();
  }
}

// Room for everything that is to come, and a quick way to find what was added just now.
void Applier::prepare(const IncomingUpdate& update) {
  store_.blocks.reserve(update.structs.size());
  store_.heap.reserve(update.content_bytes);
  transaction_.deletes.reserve(transaction_.deletes.size() + update.deleted_structs);
  for (const IncomingSection& section : update.sections) {
    ClientRecord& record = store_.clients[section.client];
    const Clock first = update.structs[section.begin].clock;
    const Clock end = update.structs[section.end - 1].end();
    if (first == record.state) record.list.expect(section.end - section.begin, first, end);
  }
}

// Yjs creates the roots that an update names when it reads it, whether it can be integrated or not.
void Applier::name_roots(IncomingUpdate& update) {
  TypeIndex last = kNone;
  std::string_view last_name;
  for (IncomingNames& names : update.names) {
    if (!names.has_root) continue;
    if (last == kNone || names.root != last_name) {
      last = store_.root(names.root);
      last_name = names.root;
    }
    names.root_type = last;
  }
}

void Applier::make_targets(IncomingUpdate& update) {
  std::vector<Target>& targets = scratch_.targets;
  std::vector<IncomingSection>& sections = update.sections;
  targets.clear();
  // Ascending, because the one with the highest id is taken from the end.
  std::sort(sections.begin(), sections.end(),
            [&](const IncomingSection& a, const IncomingSection& b) {
              if (a.client != b.client) {
                return store_.clients[a.client].id < store_.clients[b.client].id;
              }
              const Clock clock_a = update.structs[a.begin].clock;
              const Clock clock_b = update.structs[b.begin].clock;
              return clock_a != clock_b ? clock_a < clock_b : a.begin < b.begin;
            });
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (!targets.empty() && targets.back().client == sections[i].client) {
      targets.back().last = i;
      continue;
    }
    targets.push_back({sections[i].client, i, i, sections[i].begin});
    store_.clients[sections[i].client].target = static_cast<std::uint32_t>(targets.size() - 1);
  }
}

bool Applier::advance(Target& target, const IncomingUpdate& update, std::size_t& item) const {
  const IncomingSection* const sections = update.sections.data();
  while (target.next == sections[target.section].end) {
    if (target.section == target.last) return false;
    ++target.section;
    target.next = sections[target.section].begin;
  }
  item = target.next++;
  return true;
}

ApplyScratch::Target* Applier::target_of(ClientIndex client) {
  const std::uint32_t index = store_.clients[client].target;
  return index == kNone ? nullptr : &scratch_.targets[index];
}

void Applier::load_run(Target& target, const IncomingUpdate& update) {
  const std::size_t end = update.sections.data()[target.section].end;
  target.next = loader_.load(update, target.client, target.next, end);
}

bool Applier::integrate_or_stack(const IncomingUpdate& update, ApplyScratch::Stacked head) {
  while (true) {
    const IncomingStruct& item = update.structs.data()[head.item];
    const LocalId awaited = missing(update, head.client, item);
    if (!awaited.is_set()) {
      integrate(update, head.client, item);
      return !integrator_.is_exhausted() || is_draining_;
    }
    scratch_.stack.push_back(head);
    Target* const other = awaited.client == head.client ? nullptr : target_of(awaited.client);
    std::size_t next = 0;
    if (other == nullptr || !advance(*other, update, next)) {
      give_up_stack(update);
      return true;
    }
    head = {awaited.client, next};
  }
}

bool Applier::integrate_structs(IncomingUpdate& update) {
  make_targets(update);
  std::vector<Target>& targets = scratch_.targets;
  std::vector<ApplyScratch::Stacked>& stack = scratch_.stack;
  stack.clear();
  for (std::size_t current = targets.size(); current > 0; --current) {
    Target& target = targets[current - 1];
    ApplyScratch::Stacked head{target.client, 0};
    while (true) {
      if (!stack.empty()) {
        head = stack.back();
        stack.pop_back();
      } else {
        if (update.structs.size() > 1) load_run(target, update);
        if (!advance(target, update, head.item)) break;
      }
      if (!integrate_or_stack(update, head)) return false;
      head.client = target.client;
    }
  }
  for (const Target& target : targets) store_.clients[target.client].target = kNone;
  if (!scratch_.rest.empty()) {
    add_pending(store_, pending_structs_, scratch_.rest, scratch_.waiting);
  }
  return true;
}

// Everything on the stack waits, in the end, for something that is not here, and with it what
// follows it in its client.
void Applier::give_up_stack(const IncomingUpdate& update) {
  for (const ApplyScratch::Stacked& stacked : scratch_.stack) {
    Target* const target = target_of(stacked.client);
    if (target == nullptr) continue;
    // The deepest entry of a client is its first struct that waits.
    std::size_t section = target->last;
    while (update.sections[section].begin > stacked.item ||
           update.sections[section].end <= stacked.item) {
      --section;
    }
    give_up(update, stacked.client, stacked.item, update.sections[section].end);
    for (++section; section <= target->last; ++section) {
      give_up(update, stacked.client, update.sections[section].begin, update.sections[section].end);
    }
    target->section = target->last;
    target->next = update.sections[target->last].end;
    store_.clients[stacked.client].target = kNone;
  }
  scratch_.stack.clear();
}

// Units that the document knows do not wait: in whatever version they come again, they say nothing
// new, and kept they would be handed on beside those that are known.
void Applier::give_up(const IncomingUpdate& update, ClientIndex client, std::size_t from,
                      std::size_t to) {
  const Clock state = store_.clients[client].state;
  while (from < to && update.structs[from].end() <= state) ++from;
  if (from == to) return;
  scratch_.ready.push_back(client);
  PendingStructs::Run run{.clock = std::max(update.structs[from].clock, state),
                          .end = update.structs[to - 1].end(),
                          .count = to - from,
                          .bytes = {},
                          .offset = 0,
                          .gc_at_an_end = update.structs[from].kind == BlockKind::Gc ||
                                          update.structs[to - 1].kind == BlockKind::Gc};
  ByteWriter writer;
  if (const IncomingStruct& first = update.structs[from]; first.clock < state) {
    std::string storage;
    write_held(writer, update, without_front(client, first, state - first.clock, storage));
    ++from;
  }
  for (; from < to; ++from) write_held(writer, update, update.structs[from]);
  run.bytes = writer.to_bytes();
  scratch_.rest.emplace_back(client, std::move(run));
}

LocalId Applier::missing(const IncomingUpdate& update, ClientIndex client,
                         const IncomingStruct& item) const {
  const ClientRecord* const clients = store_.clients.data();
  const auto is_missing = [&](const LocalId& id) {
    return id.client != client && id.is_set() && id.clock >= clients[id.client].state;
  };
  if (item.clock > clients[client].state) return {client, item.clock - 1};
  if (is_missing(item.origin())) return item.origin();
  if (is_missing(item.right_origin())) return item.right_origin();
  if (item.names != kNone && is_missing(update.names[item.names].parent)) {
    return update.names[item.names].parent;
  }
  return {};
}

void Applier::integrate(const IncomingUpdate& update, ClientIndex client,
                        const IncomingStruct& item) {
  const Clock offset = store_.clients.data()[client].state - item.clock;
  NewItem fresh{.client = client,
                .clock = item.clock,
                .length = item.length,
                .origin = item.origin(),
                .right_origin = item.right_origin(),
                .kind = item.kind};
  if (item.kind != BlockKind::Gc) resolve_place(update, item, fresh);
  if (offset >= item.length) return;
  if (offset > 0) {
    fresh.clock += offset;
    fresh.length -= offset;
    if (fresh.parent != kNone) cut_front(fresh);
  }
  if (fresh.parent != kNone) store_content(update, item, offset, fresh);
  integrator_.integrate(fresh);
}

void Applier::resolve_place(const IncomingUpdate& update, const IncomingStruct& item,
                            NewItem& fresh) {
  BlockTable& blocks = store_.blocks;
  if (item.origin().is_set()) fresh.left = integrator_.clean_end(item.origin());
  if (item.right_origin().is_set()) {
    // Mostly still the neighbour of the left one, as when the item was made.
    const BlockIndex next = fresh.left == kNone ? kNone : blocks[fresh.left].right;
    fresh.right = next != kNone && blocks.id(next) == item.right_origin()
                      ? next
                      : integrator_.clean_start(item.right_origin());
  }
  const auto is_gc = [&](BlockIndex block) {
    return block != kNone && blocks[block].kind == BlockKind::Gc;
  };
  if (is_gc(fresh.left) || is_gc(fresh.right)) return;
  const BlockIndex neighbour = fresh.left != kNone ? fresh.left : fresh.right;
  if (neighbour != kNone) {
    fresh.parent = store_.parent_type(neighbour);
    if (store_.is_keyed(neighbour)) fresh.key = store_.entries[blocks[neighbour].parent].key;
    return;
  }
  const IncomingNames& names = update.names[item.names];
  if (names.has_root) {
    fresh.parent = names.root_type;
  } else {
    const BlockIndex parent = store_.find(names.parent);
    if (blocks[parent].kind == BlockKind::Type) fresh.parent = store_.type_of(parent);
  }
  if (names.has_key && fresh.parent != kNone) fresh.key = store_.names.intern(names.key);
}

// The first units of the item are known already; it goes behind them.
void Applier::cut_front(NewItem& fresh) {
  fresh.origin = {fresh.client, fresh.clock - 1};
  fresh.left = integrator_.clean_end(fresh.origin);
  // Where a writer gave the same clocks to something else, there is no place for the rest.
  const bool fits = store_.blocks[fresh.left].kind != BlockKind::Gc &&
                    store_.parent_type(fresh.left) == fresh.parent &&
                    store_.is_keyed(fresh.left) == (fresh.key != kNone);
  if (!fits) fresh.parent = kNone;
}

void Applier::store_text(const IncomingStruct& item, Clock offset, NewItem& fresh) {
  const ByteView text{item.content, item.content_bytes};
  fresh.unicode = item.unicode;
  if (offset == 0) {
    fresh.content = store_.add_content(text);
    return;
  }
  if (!item.unicode) {
    fresh.content = store_.add_content(text.subspan(static_cast<std::size_t>(offset)));
    return;
  }
  const Utf16Position cut = find_utf16(runnel::as_text(text), offset);
  if (!cut.in_pair) {
    fresh.content = store_.add_content(text.subspan(cut.byte));
    return;
  }
  constexpr std::size_t kPairBytes = 4;
  std::string repaired("\xEF\xBF\xBD");
  repaired += runnel::as_text(text.subspan(cut.byte + kPairBytes));
  fresh.content = store_.add_content(runnel::as_bytes(repaired));
}

void Applier::store_content(const IncomingUpdate& update, const IncomingStruct& item, Clock offset,
                            NewItem& fresh) {
  const ByteView content{item.content, item.content_bytes};
  switch (item.kind) {
    case BlockKind::String:
      return store_text(item, offset, fresh);
    case BlockKind::Any: {
      const std::size_t skipped = offset == 0 ? 0 : walk::any_bytes(item.content, offset);
      fresh.content = store_.add_content(content.subspan(skipped));
      return;
    }
    case BlockKind::Json: {
      const std::size_t skipped = offset == 0 ? 0 : walk::json_bytes(item.content, offset);
      fresh.content = store_.add_content(content.subspan(skipped));
      return;
    }
    case BlockKind::Binary:
      fresh.content = store_.add_binary(content);
      return;
    case BlockKind::Embed:
      fresh.content = store_.add_value({}, false, item.form, content);
      return;
    case BlockKind::Format:
      fresh.content = store_.add_value(update.names[item.names].name, true, item.form, content);
      return;
    case BlockKind::Type:
      fresh.type_kind = item.type_kind;
      if (has_name(item.type_kind)) {
        fresh.type_name = store_.names.intern(update.names[item.names].name);
      }
      return;
    case BlockKind::Doc:
      fresh.content = static_cast<HeapAddress>(store_.subdocuments.size());
      store_.subdocuments.push_back({.item = kNone,
                                     .guid = std::string(update.names[item.names].name),
                                     .options = runnel::to_bytes(content),
                                     .should_load = subdocument_loads_itself(content)});
      return;
    case BlockKind::Gc:
    case BlockKind::Deleted:
    case BlockKind::Skip:
      return;
  }
}

void Applier::apply_deletes(std::vector<LocalRange>& ranges) {
  for (const LocalRange& range : ranges) apply_delete(range);
}

void Applier::apply_delete(LocalRange range) {
  const Clock state = store_.clients[range.client].state;
  Clock end = range.range.end();
  if (end > state) {
    const Clock known = std::max(state, range.range.clock);
    pending_deletes_.add(range.client, {known, end - known});
    if (range.range.clock >= state) return;
    end = state;
  }
  const BlockTable& blocks = store_.blocks;
  const BlockList& list = store_.clients[range.client].list;
  BlockList::Position position = store_.position_of({range.client, range.range.clock});
  BlockIndex block = list.at(position);
  if (!blocks.is_deleted(block) && blocks.clock(block) < range.range.clock) {
    block = integrator_.split(position, range.client, range.range.clock - blocks.clock(block));
    position = list.find(blocks, range.range.clock);
  }
  while (blocks.clock(block) < end) {
    if (!blocks.is_deleted(block)) {
      if (end < blocks.end(block)) {
        const Clock clock = blocks.clock(block);
        integrator_.split(position, range.client, end - clock);
        position = list.find(blocks, clock);
      }
      integrator_.remove(block);
    }
    if (!list.to_next(position)) return;
    block = list.at(position);
  }
}

void Applier::retry_deletes() {
  if (pending_deletes_.empty()) return;
  scratch_.ranges.clear();
  for (const Transaction::Touched& touched : transaction_.touched) {
    pending_deletes_.take_below(touched.client, store_.clients[touched.client].state,
                                scratch_.ranges);
  }
  apply_deletes(scratch_.ranges);
}

void Applier::drain_pending() {
  // The order in which structs are integrated shows in events. Yjs tries all that waits again,
  // which is done here as long as it is little.
  constexpr std::size_t kTriedWholeBytesMax = std::size_t{16} * 1024;
  std::vector<ClientIndex>& ready = scratch_.ready;
  const std::size_t new_count = ready.size();
  for (const Transaction::Touched& touched : transaction_.touched) {
    pending_structs_.wake(touched.client, store_.clients[touched.client].state, ready);
  }
  const bool any_woken = ready.size() > new_count;
  if (any_woken && pending_structs_.payload_bytes() <= kTriedWholeBytesMax) integrate_waiting();
  // Highest first, as Yjs goes through clients: what conflicts is then passed over quickly.
  std::sort(ready.begin(), ready.end(), [this](ClientIndex a, ClientIndex b) {
    return store_.clients[a].id < store_.clients[b].id;
  });
  while (!ready.empty()) {
    const ClientIndex client = ready.back();
    ready.pop_back();
    drain_client(client);
    pending_structs_.wake(client, store_.clients[client].state, ready);
  }
}

void Applier::integrate_waiting() {
  const std::map<ClientIndex, PendingStructs::Client> held = pending_structs_.take_runs();
  scratch_.ready.clear();
  IncomingUpdate update;
  for (const auto& [index, client] : held) {
    for (const auto& [first, run] : client.runs) {
      const std::size_t begin = update.structs.size();
      ByteView rest = run.rest();
      Clock clock = run.clock;
      for (std::uint64_t left = run.count; left > 0; --left) {
        rest = rest.subspan(read_held(rest, clock, update));
        clock = update.structs.back().end();
      }
      if (begin < update.structs.size()) {
        update.sections.push_back({index, begin, update.structs.size()});
      }
    }
  }
  (void)integrate_structs(update);
}

void Applier::drain_client(ClientIndex client) {
  IncomingUpdate& update = scratch_.waiting;
  while (PendingStructs::Run* const run = pending_structs_.head(client)) {
    while (run->count > 0) {
      update.clear();
      const std::size_t taken = read_held(run->rest(), run->clock, update);
      if (!integrate_held(client, update)) return;
      run->clock = update.structs.front().end();
      run->offset += taken;
      --run->count;
    }
    pending_structs_.drop_head(client);
  }
}

// False if the struct has to wait. What came to be known in the meantime does not.
bool Applier::integrate_held(ClientIndex client, const IncomingUpdate& update) {
  const IncomingStruct& item = update.structs.front();
  const Clock state = store_.clients[client].state;
  LocalId awaited = missing(update, client, item);
  if (!awaited.is_set()) {
    integrate(update, client, item);
    return true;
  }
  if (item.end() <= state) return true;
  if (item.clock < state) {
    std::string storage;
    const IncomingStruct rest = without_front(client, item, state - item.clock, storage);
    awaited = missing(update, client, rest);
    if (!awaited.is_set()) {
      integrate(update, client, rest);
      return true;
    }
  }
  pending_structs_.wait(client, awaited, item.end());
  return false;
}

}  // namespace ycpp
