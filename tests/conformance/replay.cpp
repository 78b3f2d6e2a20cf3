#include "replay.h"

#include "base/check.h"
#include "operations.h"
#include "replayed_doc.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/types/relative_position.h"
#include "ycpp/update/convert.h"
#include "ycpp/update/diff.h"
#include "ycpp/update/merge.h"
#include "ycpp/update/update_meta.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace ycpp::conformance {

namespace {

constexpr std::size_t kShownMax = 3000;

Bytes encoded(const Any& value) {
  ByteWriter writer;
  write_any(writer, value);
  return writer.to_bytes();
}

Any any_number(std::uint64_t value) { return static_cast<double>(value); }

Any plain_stack_item(const StackItem& item) {
  AnyObject object;
  object.set("insertions", plain_delete_set(item.insertions));
  object.set("deletions", plain_delete_set(item.deletions));
  return object;
}

Any plain_stack(std::span<const StackItem> stack) {
  AnyArray list;
  for (const StackItem& item : stack) list.push_back(plain_stack_item(item));
  return list;
}

Any plain_meta(const std::vector<UpdateSpan>& spans) {
  std::vector<UpdateSpan> sorted = spans;
  std::ranges::sort(sorted, {}, &UpdateSpan::client);
  AnyArray from;
  AnyArray to;
  for (const UpdateSpan& span : sorted) {
    from.emplace_back(AnyArray{any_number(span.client.value()), any_number(span.from)});
    to.emplace_back(AnyArray{any_number(span.client.value()), any_number(span.to)});
  }
  AnyObject object;
  object.set("from", std::move(from));
  object.set("to", std::move(to));
  return object;
}

// The mark that the generator asks Yjs for.
Any mark_change(ChangeKind kind, Id id) {
  AnyObject mark;
  mark.set("type", kind == ChangeKind::Added ? "added" : "removed");
  mark.set("user", any_number(id.client.value()));
  mark.set("clock", any_number(id.clock));
  return mark;
}

std::string shorten(std::string text) {
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "...";
  return text;
}

}  // namespace

Replay::Replay(const Any& history, Counts& counts) : history_(history), counts_(counts) {
  for (const Any& settings : array_field(history, "replicas")) {
    replicas_.push_back(std::make_unique<ReplayedDoc>(settings, array_field(history, "roots")));
  }
}

Replay::~Replay() = default;

std::optional<Mismatch> Replay::run() {
  ++counts_.histories;
  for (const Any& one : array_field(history_, "steps")) {
    step(one);
    if (mismatch_.has_value()) return std::move(mismatch_);
    ++step_number_;
  }
  ++counts_.equal;
  for (const auto& replica : replicas_) {
    counts_.stuck_replicas += replica->is_stuck ? 1U : 0U;
    counts_.tied_replicas += replica->is_tied ? 1U : 0U;
  }
  return std::nullopt;
}

void Replay::step(const Any& step) {
  const std::string& name = string_field(step, "do");
  is_exempt_ = false;
  if (name == "wire") return wire(step);
  ReplayedDoc& replica = *replicas_[number_field(step, "replica")];
  is_exempt_ = replica.is_stuck || replica.is_tied;
  replica.now_ms = number_field(step, "now");
  if (name == "edit") return edit(replica, step);
  if (name == "deliver") return deliver(replica, step);
  if (name == "undo") return undo(replica, step);
  if (name == "check") return check(replica, step);
  if (name == "diff") return diff(replica, step);
  if (name == "position") return position(replica, step);
  if (name == "resolve") return resolve(replica, step);
  if (name == "snapshot") return take_snapshot(replica, step);
  if (name == "restore") return restore(replica, step);
  if (name == "load" || name == "destroy") return load(replica, step);
  fail("step", "a known kind of step", name);
}

const Bytes& Replay::update(std::uint64_t number, bool v2) const {
  return bytes_field(array_field(history_, "updates")[number], v2 ? "v2" : "v1");
}

void Replay::edit(ReplayedDoc& replica, const Any& step) {
  replica.doc().transact(
      [&](Transaction& /*transaction*/) {
        for (const Any& operation : array_field(step, "operations")) {
          const Result<void> done = apply_operation(replica.doc(), operation);
          if (!done) fail("edit", "success", to_string(done.error()));
        }
      },
      replica.origin(field(step, "origin")));
  compare_output(replica, step);
}

void Replay::deliver(ReplayedDoc& replica, const Any& step) {
  const bool v2 = number_field(step, "version") == 2;
  const Bytes& bytes = update(number_field(step, "update"), v2);
  const TransactionOrigin origin = replica.origin(Any("remote"));
  const Result<void> applied = v2 ? replica.doc().apply_update_v2(bytes, origin)
                                  : replica.doc().apply_update_v1(bytes, origin);
  if (!applied) fail("applying an update", "success", to_string(applied.error()));
  replica.is_stuck = replica.is_stuck || bool_field(step, "stuck");
  replica.is_tied = replica.is_tied || bool_field(step, "tied");
  is_exempt_ = replica.is_stuck || replica.is_tied;
  compare_output(replica, step);
}

void Replay::undo(ReplayedDoc& replica, const Any& step) {
  UndoManager& manager = replica.manager(number_field(step, "manager"));
  const std::string& action = string_field(step, "action");
  Any popped(nullptr);
  if (action == "stop") {
    manager.stop_capturing();
  } else if (action == "clear") {
    manager.clear(bool_field(step, "clearUndo"), true);
  } else {
    const std::optional<StackItem> item = action == "undo" ? manager.undo() : manager.redo();
    if (item.has_value()) popped = plain_stack_item(*item);
  }
  compare_output(replica, step);
  compare("popped stack item", field(step, "popped"), popped);
  compare("undo stack", field(step, "undoStack"), plain_stack(manager.undo_stack()));
  compare("redo stack", field(step, "redoStack"), plain_stack(manager.redo_stack()));
}

void Replay::check(ReplayedDoc& replica, const Any& step) {
  Doc& doc = replica.doc();
  compare("state vector", field(step, "vector"), Any(doc.encode_state_vector()));
  compare("snapshot", field(step, "snapshot"), Any(snapshot(doc).encode()));
  compare("state as V1", field(step, "v1"), Any(doc.encode_state_as_update()));
  compare("state as V2", field(step, "v2"), Any(doc.encode_state_as_update_v2()));
  std::vector<std::string> guids;
  for (const Subdocument& document : subdocuments(doc)) guids.push_back(document.guid());
  std::ranges::sort(guids);
  compare("subdocuments", field(step, "subdocuments"), Any(AnyArray(guids.begin(), guids.end())));
  if (replica.is_typed()) check_typed(replica, step);
}

void Replay::check_typed(ReplayedDoc& replica, const Any& step) {
  Doc& doc = replica.doc();
  for (const auto& [name, expected] : field(step, "json").as_object()->members()) {
    const auto root = find_root(doc, std::string_view(name).substr(1));
    RUNNEL_CHECK(root.has_value());
    compare(("json of root " + name).c_str(), expected, plain_json(*root));
  }
  AnyArray deltas{plain_delta(doc.get_text("t").to_delta()),
                  plain_delta(doc.get_text("r").to_delta()),
                  plain_delta(get_xml_text(doc, "xt").to_delta())};
  compare("deltas", field(step, "deltas"), Any(std::move(deltas)));
  AnyArray attributes{plain_entries(doc.get_text("t").attributes()),
                      plain_entries(get_xml_text(doc, "xt").attributes()),
                      plain_entries(doc.get_xml_element("e").attributes())};
  compare("attributes", field(step, "attributes"), Any(std::move(attributes)));
}

void Replay::diff(ReplayedDoc& replica, const Any& step) {
  const Result<StateVector> vector = StateVector::decode(bytes_field(step, "vector"));
  if (!vector) return fail("state vector", "success", to_string(vector.error()));
  compare("diff as V1", field(step, "v1"), Any(replica.doc().encode_state_as_update(*vector)));
  compare("diff as V2", field(step, "v2"), Any(replica.doc().encode_state_as_update_v2(*vector)));
}

void Replay::wire(const Any& step) {
  std::vector<ByteView> v1;
  std::vector<ByteView> v2;
  for (const Any& one : array_field(step, "updates")) {
    const auto index = static_cast<std::uint64_t>(*one.as_number());
    v1.emplace_back(update(index, false));
    v2.emplace_back(update(index, true));
  }
  const Bytes& merged = bytes_field(step, "merged");
  const Bytes& merged2 = bytes_field(step, "merged2");
  const Bytes& vector = bytes_field(step, "vector");
  if (bool_field(step, "ties")) {
    ++counts_.tied_merges;
    const Result<Bytes> tied = merge_updates(v1);
    if (!tied) return fail("merge of V1", "success", to_string(tied.error()));
    compare("state vector of a merge", field(step, "stateVector"),
            encode_state_vector_from_update(*tied));
  } else {
    compare("merge of V1", field(step, "merged"), merge_updates(v1));
    compare("merge of V2", field(step, "merged2"), merge_updates(v2, UpdateFormat::V2));
  }
  compare("diff of V1", field(step, "diff"), diff_update(merged, vector));
  compare("diff of V2", field(step, "diff2"), diff_update(merged2, vector, UpdateFormat::V2));
  compare("V1 as V2", field(step, "to2"), convert_update_format_v1_to_v2(merged));
  compare("V2 as V1", field(step, "to1"), convert_update_format_v2_to_v1(merged2));
  compare("state vector of V1", field(step, "stateVector"),
          encode_state_vector_from_update(merged));
  compare("state vector of V2", field(step, "stateVector2"),
          encode_state_vector_from_update(merged2, UpdateFormat::V2));
  const Result<std::vector<UpdateSpan>> meta = parse_update_meta(merged);
  if (!meta) return fail("update meta", "success", to_string(meta.error()));
  compare("update meta", field(step, "meta"), plain_meta(*meta));
}

void Replay::position(ReplayedDoc& replica, const Any& step) {
  const double assoc = *field(step, "assoc").as_number();
  const RelativePosition position = create_relative_position_from_type_index(
      type_at(replica.doc(), field(step, "type")), number_field(step, "at"),
      assoc < 0 ? Assoc::Left : Assoc::Right);
  compare("relative position", field(step, "bytes"), Any(position.encode()));
  compare("relative position as JSON", field(step, "json"), plain(position.to_json()));
}

void Replay::resolve(ReplayedDoc& replica, const Any& step) {
  const Result<RelativePosition> position = RelativePosition::decode(bytes_field(step, "bytes"));
  if (!position) return fail("relative position", "success", to_string(position.error()));
  const std::optional<AbsolutePosition> found = create_absolute_position_from_relative_position(
      *position, replica.doc(), bool_field(step, "follow"));
  Any plain_found(nullptr);
  if (found.has_value()) {
    AnyObject object;
    object.set("type", plain_reference(found->type));
    object.set("index", any_number(found->index));
    object.set("assoc", found->assoc == Assoc::Left ? -1 : 0);
    plain_found = std::move(object);
  }
  compare("absolute position", field(step, "found"), plain_found);
}

void Replay::take_snapshot(ReplayedDoc& replica, const Any& step) {
  snapshots_.push_back(snapshot(replica.doc()));
  const Snapshot& taken = snapshots_.back();
  compare("snapshot V1", field(step, "v1"), Any(taken.encode()));
  compare("snapshot V2", field(step, "v2"), Any(taken.encode_v2()));
  for (const Any& one : array_field(step, "contains")) {
    const Result<bool> contained =
        snapshot_contains_update(taken, update(number_field(one, "update"), false));
    if (!contained) return fail("snapshot contains", "success", to_string(contained.error()));
    compare("snapshot contains", field(one, "contained"), Any(*contained));
  }
}

void Replay::restore(ReplayedDoc& replica, const Any& step) {
  const Snapshot& wanted = snapshots_[number_field(step, "number")];
  DocOptions options;
  options.client_id = ClientId{(std::uint64_t{1} << 45U) + 1};
  options.gc = false;
  Doc restored(std::move(options));
  for (const Any& root : array_field(history_, "roots")) {
    if (!replica.is_typed()) break;
    open_root(restored, *root.as_array()->at(0).as_string(), *root.as_array()->at(1).as_string());
  }
  const Result<void> done = create_doc_from_snapshot(replica.doc(), wanted, restored);
  if (!done) return fail("restoring", "success", to_string(done.error()));
  compare("restored as V1", field(step, "v1"), Any(restored.encode_state_as_update()));
  compare("restored as V2", field(step, "v2"), Any(restored.encode_state_as_update_v2()));
  if (has_field(step, "deltas")) {
    const Any& expected = field(step, "deltas");
    const Snapshot* previous = field(expected, "previous").is_null()
                                   ? nullptr
                                   : &snapshots_[number_field(expected, "previous")];
    Doc& doc = replica.doc();
    const ChangeMarker marker =
        bool_field(expected, "marked") ? ChangeMarker(mark_change) : ChangeMarker();
    AnyArray deltas{plain_delta(doc.get_text("t").to_delta(wanted, previous, marker)),
                    plain_delta(doc.get_text("r").to_delta(wanted, previous, marker)),
                    plain_delta(get_xml_text(doc, "xt").to_delta(wanted, previous, marker))};
    compare("deltas of a snapshot", field(expected, "deltas"), Any(std::move(deltas)));
    compare_snapshot_contents(doc, wanted, field(step, "contents"));
  }
  compare_output(replica, step);
}

void Replay::compare_snapshot_contents(Doc& doc, const Snapshot& wanted, const Any& expected) {
  AnyArray lists;
  for (const SharedType& type : std::initializer_list<SharedType>{
           doc.get_array("a"), doc.get_xml_fragment("x"), doc.get_xml_element("e")}) {
    AnyArray list;
    for (const Value& value : type_list_to_array_snapshot(type, wanted)) {
      list.push_back(plain(value));
    }
    lists.emplace_back(std::move(list));
  }
  compare("lists of a snapshot", field(expected, "lists"), Any(std::move(lists)));
  AnyArray maps;
  for (const SharedType& type : std::initializer_list<SharedType>{
           doc.get_map("m"), doc.get_xml_element("e"), doc.get_text("t")}) {
    maps.push_back(plain_entries(type_map_get_all_snapshot(type, wanted)));
  }
  compare("maps of a snapshot", field(expected, "maps"), Any(std::move(maps)));
  const auto value = type_map_get_snapshot(doc.get_map("m"), string_field(expected, "key"), wanted);
  compare("key of a snapshot", field(expected, "value"),
          value.has_value() ? plain(*value) : Any(Undefined{}));
}

void Replay::load(ReplayedDoc& replica, const Any& step) {
  const Any& item = field(step, "item");
  const Id id{ClientId{number_field(item, "client")}, number_field(item, "clock")};
  for (const Subdocument& document : subdocuments(replica.doc())) {
    if (document.item_id() != id) continue;
    if (string_field(step, "do") == "load") {
      document.load();
    } else {
      document.destroy();
    }
  }
  compare_output(replica, step);
}

void Replay::compare_output(ReplayedDoc& replica, const Any& step) {
  const AnyArray& emitted = array_field(step, "emitted");
  std::vector<ReplayedDoc::Update> updates = std::exchange(replica.updates, {});
  AnyArray events = std::exchange(replica.events, {});
  AnyArray subdocument_events = std::exchange(replica.subdocuments, {});
  for (std::size_t i = 0; i < std::min(emitted.size(), updates.size()); ++i) {
    const std::uint64_t number = number_field(emitted[i], "update");
    compare("update event V1", Any(update(number, false)), Any(updates[i].v1));
    compare("update event V2", Any(update(number, true)), Any(updates[i].v2));
    compare("origin", Any(static_cast<double>(replica.origin(field(emitted[i], "origin")).value())),
            Any(static_cast<double>(updates[i].origin.value())));
  }
  compare("number of update events", any_number(emitted.size()), any_number(updates.size()));
  compare("events", field(step, "events"), Any(std::move(events)));
  compare("events of subdocuments", field(step, "subdocuments"),
          Any(std::move(subdocument_events)));
}

void Replay::compare(const char* what, const Any& expected, const Any& actual) {
  if (is_exempt_) {
    ++counts_.exempt_comparisons;
    return;
  }
  ++counts_.comparisons;
  if (encoded(expected) != encoded(actual)) fail(what, show(expected), show(actual));
}

void Replay::compare(const char* what, const Any& expected, const Result<Bytes>& actual) {
  if (!actual) return fail(what, show(expected), to_string(actual.error()));
  compare(what, expected, Any(*actual));
}

void Replay::fail(const char* what, std::string expected, std::string actual) {
  if (mismatch_.has_value()) return;
  mismatch_ =
      Mismatch{step_number_, what, shorten(std::move(expected)), shorten(std::move(actual))};
}

}  // namespace ycpp::conformance
