#include "plain.h"

#include "ycpp/encoding/json.h"

#include <algorithm>
#include <array>

namespace ycpp::conformance {

namespace {

using Members = std::vector<AnyObject::Member>;

// Sorted by the bytes of the key, each behind an apostrophe.
Any sorted_object(Members members) {
  std::ranges::sort(members, {}, &AnyObject::Member::first);
  for (AnyObject::Member& member : members) member.first.insert(0, "'");
  return AnyObject(std::move(members));
}

Any number(std::uint64_t value) { return static_cast<double>(value); }

const char* kind_name(TypeKind kind) {
  constexpr std::array kNames = {"Array",       "Map",     "Text",   "XmlElement",
                                 "XmlFragment", "XmlHook", "XmlText"};
  const auto index = static_cast<std::size_t>(kind);
  return index < kNames.size() ? kNames[index] : "AbstractType";
}

template <class Op, class PlainInsert>
Any plain_op(const Op& op, PlainInsert plain_insert) {
  Members members;
  if (op.insert.has_value()) members.emplace_back("insert", plain_insert(*op.insert));
  if (op.retain.has_value()) members.emplace_back("retain", number(*op.retain));
  if (op.remove.has_value()) members.emplace_back("delete", number(*op.remove));
  if (op.attributes.has_value()) members.emplace_back("attributes", plain(Any(*op.attributes)));
  return sorted_object(std::move(members));
}

bool is_text(TypeKind kind) { return kind == TypeKind::Text || kind == TypeKind::XmlText; }

Any plain_event_delta(Event& event) {
  const bool text = is_text(event.target().kind());
  AnyArray ops;
  for (const EventOp& op : event.delta()) {
    ops.push_back(plain_op(op, [&](const std::vector<Value>& values) -> Any {
      if (text) return plain(values.front());
      AnyArray list;
      for (const Value& value : values) list.push_back(plain(value));
      return list;
    }));
  }
  return ops;
}

Any plain_keys(Event& event) {
  constexpr std::array kActions = {"add", "update", "delete"};
  Members members;
  for (const auto& [key, change] : event.keys()) {
    Members fields;
    fields.emplace_back("action", kActions[static_cast<std::size_t>(change.action)]);
    fields.emplace_back("oldValue", plain(change.old_value));
    members.emplace_back(key, sorted_object(std::move(fields)));
  }
  return sorted_object(std::move(members));
}

Any document_reference(const std::string& guid) {
  AnyObject object;
  object.set("$doc", guid);
  return object;
}

Any json_of(const Value& value);

Any list_json(const std::vector<Value>& values) {
  AnyArray list;
  for (const Value& value : values) list.push_back(json_of(value));
  return list;
}

Any json_of(const Value& value) {
  if (const SharedType* type = value.as_type(); type != nullptr) return plain_json(*type);
  return plain(value);
}

Any plain_states(const StateVector& states) {
  AnyArray list;
  for (auto entry = states.entries().rbegin(); entry != states.entries().rend(); ++entry) {
    list.emplace_back(AnyArray{number(entry->client.value()), number(entry->clock)});
  }
  return list;
}

Any guids(const std::vector<Subdocument>& documents) {
  std::vector<std::string> sorted;
  sorted.reserve(documents.size());
  for (const Subdocument& document : documents) sorted.push_back(document.guid());
  std::ranges::sort(sorted);
  AnyArray list;
  for (std::string& guid : sorted) list.emplace_back(std::move(guid));
  return list;
}

std::string hex(const Bytes& bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text = "<";
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text + ">";
}

}  // namespace

Any plain_id(Id id) {
  AnyObject object;
  object.set("client", number(id.client.value()));
  object.set("clock", number(id.clock));
  return object;
}

Any plain_reference(const SharedType& type) {
  const std::optional<Id> id = type.item_id();
  if (id.has_value()) return plain_id(*id);
  AnyObject object;
  object.set("root", type.root_name());
  return object;
}

Any plain_delete_set(const DeleteSet& set) {
  AnyArray list;
  for (auto client = set.clients().rbegin(); client != set.clients().rend(); ++client) {
    for (const ClockRange& range : client->ranges) {
      list.emplace_back(
          AnyArray{number(client->client.value()), number(range.clock), number(range.length)});
    }
  }
  return list;
}

Any plain_transaction(const Transaction& transaction) {
  AnyObject object;
  object.set("local", transaction.local);
  object.set("deleted", plain_delete_set(transaction.delete_set()));
  object.set("before", plain_states(transaction.before_state()));
  object.set("after", plain_states(transaction.after_state()));
  return object;
}

Any plain(const Any& value) {
  if (const AnyArray* array = value.as_array(); array != nullptr) {
    AnyArray list;
    for (const Any& element : *array) list.push_back(plain(element));
    return list;
  }
  if (const AnyObject* object = value.as_object(); object != nullptr) {
    Members members;
    for (const auto& [key, member] : object->members()) members.emplace_back(key, plain(member));
    return sorted_object(std::move(members));
  }
  return value;
}

Any plain(const Value& value) {
  if (const SharedType* type = value.as_type(); type != nullptr) {
    AnyObject object;
    object.set("$type", kind_name(type->kind()));
    object.set("ref", plain_reference(*type));
    return object;
  }
  if (const Subdocument* document = value.as_subdocument(); document != nullptr) {
    return document_reference(document->guid());
  }
  return plain(*value.as_any());
}

Any plain_json(const SharedType& type) {
  if (const auto array = type.as_array(); array.has_value()) return list_json(array->to_array());
  if (const auto map = type.as_map(); map.has_value()) {
    Members members;
    for (const auto& [key, value] : map->entries()) members.emplace_back(key, json_of(value));
    return sorted_object(std::move(members));
  }
  return type.to_json();
}

Any plain_entries(const std::vector<std::pair<std::string, Value>>& entries) {
  Members members;
  for (const auto& [key, value] : entries) members.emplace_back(key, plain(value));
  return sorted_object(std::move(members));
}

Any plain_delta(const Delta& delta) {
  AnyArray ops;
  for (const DeltaOp& op : delta) {
    ops.push_back(plain_op(op, [](const Value& value) { return plain(value); }));
  }
  return ops;
}

Any plain_path(const Path& path) {
  AnyArray list;
  for (const PathElement& element : path) {
    if (const auto* key = std::get_if<std::string>(&element); key != nullptr) {
      list.emplace_back(*key);
    } else {
      list.push_back(number(std::get<std::uint64_t>(element)));
    }
  }
  return list;
}

Any plain_event(Event& event) {
  AnyObject object;
  const Any delta = plain_event_delta(event);
  object.set("ref", plain_reference(event.target()));
  object.set("delta", delta);
  object.set("keys", plain_keys(event));
  return object;
}

Any plain_subdocuments(const SubdocumentEvent& event) {
  AnyObject object;
  object.set("added", guids(event.added));
  object.set("removed", guids(event.removed));
  object.set("loaded", guids(event.loaded));
  return object;
}

std::string show(const Any& value) {
  if (const Bytes* bytes = value.as_bytes(); bytes != nullptr) return hex(*bytes);
  if (value.is_undefined()) return "undefined";
  if (const AnyArray* array = value.as_array(); array != nullptr) {
    std::string text = "[";
    for (const Any& element : *array) text += (text.size() > 1 ? ", " : "") + show(element);
    return text + "]";
  }
  if (const AnyObject* object = value.as_object(); object != nullptr) {
    std::string text = "{";
    for (const auto& [key, member] : object->members()) {
      text += (text.size() > 1 ? ", " : "") + key + ": " + show(member);
    }
    return text + "}";
  }
  return to_json(value);
}

}  // namespace ycpp::conformance
