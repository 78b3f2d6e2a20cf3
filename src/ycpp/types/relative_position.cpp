#include "ycpp/types/relative_position.h"

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/types/roots.h"
#include "ycpp/types/type_system.h"
#include "ycpp/undo/redo.h"

#include <cmath>
#include <utility>

namespace ycpp {

namespace {

enum class Form : std::uint8_t { Item = 0, Root = 1, Type = 2 };

Id read_id(ByteReader& reader) {
  const ClientId client{reader.var_uint()};
  return {client, reader.var_uint()};
}

void write_id(ByteWriter& writer, Id id) {
  writer.var_uint(id.client.value());
  writer.var_uint(id.clock);
}

Any id_to_json(Id id) {
  AnyObject object;
  object.set("client", static_cast<double>(id.client.value()));
  object.set("clock", static_cast<double>(id.clock));
  return object;
}

std::optional<std::uint64_t> unsigned_member(const AnyObject& object, std::string_view key) {
  const Any* value = object.find(key);
  const double* number = value == nullptr ? nullptr : value->as_number();
  const bool fits = number != nullptr && *number >= 0 && std::trunc(*number) == *number &&
                    *number <= static_cast<double>(kMaxSafeInteger);
  if (!fits) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Result<std::optional<Id>> id_from_json(const AnyObject& json, std::string_view key) {
  const Any* value = json.find(key);
  if (value == nullptr || value->is_null() || value->is_undefined()) return std::nullopt;
  const AnyObject* object = value->as_object();
  if (object != nullptr) {
    const auto client = unsigned_member(*object, "client");
    const auto clock = unsigned_member(*object, "clock");
    if (client.has_value() && clock.has_value()) return Id{ClientId{*client}, *clock};
  }
  return runnel::fail(Errc::Malformed, "relative position: `" + std::string(key) + "` is no id");
}

RelativePosition at_type(const SharedType& type, std::optional<Id> item, Assoc assoc) {
  RelativePosition position;
  position.item = item;
  position.type = type.item_id();
  if (!position.type.has_value()) position.root_name = type.root_name();
  position.assoc = assoc == Assoc::Left ? -1 : 0;
  return position;
}

// The block that a unit is in today; nothing if it is not here.
std::optional<undo::Redone> find_unit_today(const BlockStore& store, Id id, bool follow) {
  const ClientIndex client = store.find_client(id.client);
  if (client == kNone || id.clock >= store.clients[client].state) return std::nullopt;
  const LocalId local{client, id.clock};
  if (follow) return undo::follow_redone(store, local);
  const BlockIndex block = store.find(local);
  return undo::Redone{block, id.clock - store.blocks.clock(block)};
}

std::uint64_t visible_before(const BlockStore& store, BlockIndex block) {
  std::uint64_t index = 0;
  for (BlockIndex left = store.blocks[block].left; left != kNone; left = store.blocks[left].left) {
    if (edit::is_visible(store, left)) index += store.blocks.length(left);
  }
  return index;
}

std::optional<AbsolutePosition> resolve_item(const RelativePosition& position, Id item, Doc& doc,
                                             bool follow) {
  const BlockStore& store = doc.store();
  const auto found = find_unit_today(store, item, follow);
  if (!found.has_value() || store.blocks[found->block].kind == BlockKind::Gc) return std::nullopt;
  const SharedType type(doc, store.parent_type(found->block));
  const Assoc assoc = position.assoc >= 0 ? Assoc::Right : Assoc::Left;
  if (type.is_deleted()) return AbsolutePosition{type, 0, assoc};
  std::uint64_t index = 0;
  if (edit::is_visible(store, found->block)) {
    index = found->offset + (assoc == Assoc::Right ? 0 : 1);
  }
  return AbsolutePosition{type, index + visible_before(store, found->block), assoc};
}

// A root is created where it is not known, as in Yjs.
std::optional<SharedType> named_type(const RelativePosition& position, Doc& doc, bool follow) {
  BlockStore& store = doc.store();
  if (position.root_name.has_value()) return SharedType(doc, store.root(*position.root_name));
  if (!position.type.has_value()) return std::nullopt;
  const auto found = find_unit_today(store, *position.type, follow);
  if (!found.has_value() || store.blocks[found->block].kind != BlockKind::Type) return std::nullopt;
  return SharedType(doc, store.type_of(found->block));
}

}  // namespace

Result<RelativePosition> RelativePosition::decode(ByteView bytes) {
  ByteReader reader(bytes);
  RelativePosition position;
  const std::uint64_t form = reader.var_uint();
  if (form == std::to_underlying(Form::Item)) {
    position.item = read_id(reader);
  } else if (form == std::to_underlying(Form::Root)) {
    position.root_name = reader.var_string();
  } else if (form == std::to_underlying(Form::Type)) {
    position.type = read_id(reader);
  } else {
    reader.set_error("unknown form");
  }
  if (reader.ok() && !reader.at_end()) position.assoc = reader.var_int().value();
  if (!reader.ok()) return std::unexpected(reader.error("reading a relative position"));
  return position;
}

Result<RelativePosition> RelativePosition::from_json(const Any& json) {
  const AnyObject* object = json.as_object();
  if (object == nullptr) {
    return runnel::fail(Errc::Malformed, "relative position: not an object");
  }
  RelativePosition position;
  position.item = RUNNEL_TRY(id_from_json(*object, "item"));
  position.type = RUNNEL_TRY(id_from_json(*object, "type"));
  if (const Any* name = object->find("tname"); name != nullptr && name->as_string() != nullptr) {
    position.root_name = *name->as_string();
  }
  const Any* assoc = object->find("assoc");
  if (assoc != nullptr && assoc->as_number() != nullptr) {
    position.assoc = *assoc->as_number() < 0 ? -1 : 0;
  }
  const bool says_where =
      position.item.has_value() || position.type.has_value() || position.root_name.has_value();
  if (!says_where) return runnel::fail(Errc::Malformed, "relative position: it names no place");
  return position;
}

Bytes RelativePosition::encode() const {
  ByteWriter writer;
  if (item.has_value()) {
    writer.var_uint(std::to_underlying(Form::Item));
    write_id(writer, *item);
  } else if (root_name.has_value()) {
    writer.u8(std::to_underlying(Form::Root));
    writer.var_string(*root_name);
  } else {
    writer.u8(std::to_underlying(Form::Type));
    write_id(writer, type.value_or(Id{}));
  }
  const bool negative = assoc < 0;
  writer.var_int(static_cast<std::uint64_t>(negative ? -assoc : assoc), negative);
  return writer.to_bytes();
}

Any RelativePosition::to_json() const {
  AnyObject object;
  if (type.has_value()) object.set("type", id_to_json(*type));
  if (root_name.has_value() && !root_name->empty()) object.set("tname", *root_name);
  if (item.has_value()) object.set("item", id_to_json(*item));
  object.set("assoc", static_cast<double>(assoc));
  return object;
}

RelativePosition create_relative_position_from_type_index(const SharedType& type,
                                                          std::uint64_t index, Assoc assoc) {
  if (assoc == Assoc::Left) {
    if (index == 0) return at_type(type, std::nullopt, assoc);
    --index;
  }
  const BlockStore& store = type.doc().store();
  for (BlockIndex block = store.types[type.index()].start; block != kNone;
       block = store.blocks[block].right) {
    const LocalId id = store.blocks.id(block);
    if (edit::is_visible(store, block)) {
      const Clock length = store.blocks.length(block);
      if (length > index) {
        return at_type(type, store.global({id.client, id.clock + index}), assoc);
      }
      index -= length;
    }
    if (store.blocks[block].right == kNone && assoc == Assoc::Left) {
      return at_type(type, store.global(store.blocks.last_id(block)), assoc);
    }
  }
  return at_type(type, std::nullopt, assoc);
}

std::optional<AbsolutePosition> create_absolute_position_from_relative_position(
    const RelativePosition& position, Doc& doc, bool follow_undone_deletions) {
  if (position.item.has_value()) {
    return resolve_item(position, *position.item, doc, follow_undone_deletions);
  }
  const std::optional<SharedType> type = named_type(position, doc, follow_undone_deletions);
  if (!type.has_value()) return std::nullopt;
  const Assoc assoc = position.assoc >= 0 ? Assoc::Right : Assoc::Left;
  const std::uint64_t length = doc.store().types[type->index()].length;
  return AbsolutePosition{*type, assoc == Assoc::Right ? length : 0, assoc};
}

}  // namespace ycpp
