#include "ycpp/types/edit.h"

#include "base/check.h"
#include "ycpp/doc/subdocument_options.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/json.h"
#include "ycpp/encoding/utf.h"
#include "ycpp/types/list_edit.h"
#include "ycpp/types/map_edit.h"
#include "ycpp/types/text_edit.h"

#include <array>
#include <utility>

namespace ycpp::edit {

namespace {

constexpr std::uint8_t kJsonForm = 0;
constexpr std::uint8_t kAnyForm = 1;

NewItem new_item(Edit& edit, const Place& place, BlockKind kind, Clock length) {
  const BlockTable& blocks = edit.store.blocks;
  NewItem item;
  item.client = edit.own;
  item.clock = edit.store.clients[edit.own].state;
  item.length = length;
  item.left = place.left;
  item.right = place.right;
  if (place.left != kNone) item.origin = blocks.last_id(place.left);
  if (place.right != kNone) item.right_origin = blocks.id(place.right);
  item.parent = place.parent;
  item.key = place.key;
  item.kind = kind;
  return item;
}

BlockIndex insert_bytes(Edit& edit, const Place& place, BlockKind kind, Clock length,
                        ByteView bytes) {
  NewItem item = new_item(edit, place, kind, length);
  item.content = edit.store.add_content(bytes);
  return edit.integrator.integrate(item);
}

void write_value(ByteWriter& writer, const Any& value) {
  ByteWriter any;
  write_any(any, value);
  writer.u8(kAnyForm);
  writer.var_bytes(any.view());
}

// What a content holds was checked when it came in, so reading it cannot fail.
Any read_value(ByteReader& reader) {
  const std::uint8_t form = reader.u8();
  const ByteView bytes = reader.var_bytes();
  RUNNEL_CHECK(reader.ok());
  if (form == kJsonForm) {
    Result<Any> value = parse_json(runnel::as_text(bytes));
    RUNNEL_CHECK(value.has_value());
    return std::move(*value);
  }
  ByteReader any(bytes);
  return read_any(any);
}

Any read_json_unit(ByteReader& reader) {
  const std::string_view text = reader.var_string();
  if (text == "undefined") return Undefined{};
  Result<Any> value = parse_json(text);
  RUNNEL_CHECK(value.has_value());
  return std::move(*value);
}

// A copy of a format holds the very value of the original.
void copy_source(Edit& edit, BlockIndex source) {
  const Format format = format_of(edit.store, edit.sources, source);
  if (!format.value.source.has_value()) return;
  const Id id = edit.store.global({edit.own, edit.store.clients[edit.own].state});
  edit.sources.insert_or_assign(id, *format.value.source);
}

Bytes encoded_options(const NewSubdocument& document) {
  AnyObject options;
  if (!document.gc) options.set("gc", false);
  if (document.auto_load) options.set("autoLoad", true);
  if (!document.meta.is_null()) options.set("meta", document.meta);
  ByteWriter writer;
  write_any(writer, Any(std::move(options)));
  return writer.to_bytes();
}

void fill_type(Edit& edit, TypeIndex type, const NewType& source) {
  if (!source.items.empty()) insert_after(edit, type, kNone, source.items);
  for (const auto& [key, value] : source.entries) set_key(edit, type, key, value);
  if (!source.delta.empty()) {
    apply_delta(edit, type, source.delta, true, source.format_identities);
  }
}

}  // namespace

BlockIndex insert_text_block(Edit& edit, const Place& place, std::string_view text) {
  const TextShape shape = measure_utf8(text);
  const Clock length = shape.valid ? shape.utf16_length : utf16_length(text);
  NewItem item = new_item(edit, place, BlockKind::String, length);
  item.unicode = !shape.ascii;
  item.content = edit.store.add_content(runnel::as_bytes(text));
  return edit.integrator.integrate(item);
}

BlockIndex insert_any_block(Edit& edit, const Place& place, std::span<const Any* const> values) {
  ByteWriter writer;
  for (const Any* value : values) write_any(writer, *value);
  return insert_bytes(edit, place, BlockKind::Any, values.size(), writer.view());
}

BlockIndex insert_binary_block(Edit& edit, const Place& place, ByteView bytes) {
  ByteWriter writer;
  writer.var_bytes(bytes);
  return insert_bytes(edit, place, BlockKind::Binary, 1, writer.view());
}

BlockIndex insert_embed_block(Edit& edit, const Place& place, const Any& value) {
  ByteWriter writer;
  write_value(writer, value);
  return insert_bytes(edit, place, BlockKind::Embed, 1, writer.view());
}

BlockIndex insert_format_block(Edit& edit, const Place& place, std::string_view key,
                               AttributeValue& value) {
  ByteWriter writer;
  writer.var_string(key);
  write_value(writer, value.value);
  const Id id = edit.store.global({edit.own, edit.store.clients[edit.own].state});
  if (has_identity(value.value)) {
    if (value.source.has_value()) {
      edit.sources.insert_or_assign(id, *value.source);
    } else {
      value.source = id;
    }
  }
  return insert_bytes(edit, place, BlockKind::Format, 1, writer.view());
}

BlockIndex insert_subdocument_block(Edit& edit, const Place& place,
                                    const NewSubdocument& document) {
  NewItem item = new_item(edit, place, BlockKind::Doc, 1);
  item.content = static_cast<std::uint32_t>(edit.store.subdocuments.size());
  SubdocumentRecord record;
  record.guid = document.guid;
  record.options = encoded_options(document);
  record.should_load = document.should_load;
  edit.store.subdocuments.push_back(std::move(record));
  return edit.integrator.integrate(item);
}

BlockIndex insert_type_block(Edit& edit, const Place& place, const NewType& type) {
  NewItem item = new_item(edit, place, BlockKind::Type, 1);
  item.type_kind = type.kind;
  if (has_name(type.kind)) item.type_name = edit.store.names.intern(type.name);
  const BlockIndex block = edit.integrator.integrate(item);
  fill_type(edit, edit.store.type_of(block), type);
  return block;
}

BlockIndex insert_copy(Edit& edit, const Place& place, BlockIndex source) {
  BlockStore& store = edit.store;
  const BlockKind kind = store.blocks[source].kind;
  NewItem item = new_item(edit, place, kind, store.blocks.length(source));
  item.unicode = (store.blocks[source].flags & block_flag::kUnicode) != 0;
  if (kind == BlockKind::Type) {
    const TypeNode& type = store.types[store.type_of(source)];
    item.type_kind = type.kind;
    item.type_name = type.name;
  } else if (kind == BlockKind::Doc) {
    SubdocumentRecord record = store.subdocuments[store.blocks[source].content];
    record.item = kNone;
    record.should_load = subdocument_loads_itself(record.options);
    item.content = static_cast<std::uint32_t>(store.subdocuments.size());
    store.subdocuments.push_back(std::move(record));
  } else if (kind != BlockKind::Deleted) {
    // The view ends with the next allocation.
    const Bytes bytes = runnel::to_bytes(store.content_view(source));
    if (kind == BlockKind::Format) copy_source(edit, source);
    item.content = store.add_content(bytes);
  }
  return edit.integrator.integrate(item);
}

BlockIndex insert_content_block(Edit& edit, const Place& place, const Content& content) {
  if (const NewType* type = content.as_type(); type != nullptr) {
    return insert_type_block(edit, place, *type);
  }
  if (const NewSubdocument* document = content.as_subdocument(); document != nullptr) {
    return insert_subdocument_block(edit, place, *document);
  }
  const Any* value = content.as_any();
  if (const Bytes* bytes = value->as_bytes(); bytes != nullptr) {
    return insert_binary_block(edit, place, *bytes);
  }
  const std::array<const Any*, 1> values{value};
  return insert_any_block(edit, place, values);
}

BlockIndex cut(Edit& edit, BlockIndex block, Clock units) {
  const BlockTable& blocks = edit.store.blocks;
  if (units >= blocks.length(block)) return block;
  return edit.integrator.clean_start({blocks.client(block), blocks.clock(block) + units});
}

std::string_view text_of(const BlockStore& store, BlockIndex block) noexcept {
  return runnel::as_text(store.content_view(block));
}

Any embed_of(const BlockStore& store, BlockIndex block) {
  ByteReader reader(store.content_view(block));
  return read_value(reader);
}

Any value_at(const BlockStore& store, BlockIndex block, Clock offset) {
  if (store.blocks[block].kind == BlockKind::Binary) {
    ByteReader reader(store.content_view(block));
    return runnel::to_bytes(reader.var_bytes());
  }
  ByteReader reader(store.content_view_from(block, offset));
  return store.blocks[block].kind == BlockKind::Json ? read_json_unit(reader) : read_any(reader);
}

AnyArray values_of(const BlockStore& store, BlockIndex block) {
  const bool is_json = store.blocks[block].kind == BlockKind::Json;
  const Clock length = store.blocks.length(block);
  ByteReader reader(store.content_view(block));
  AnyArray values;
  for (Clock i = 0; i < length; ++i) {
    values.push_back(is_json ? read_json_unit(reader) : read_any(reader));
  }
  return values;
}

std::string_view format_key(const BlockStore& store, BlockIndex block) noexcept {
  ByteReader reader(store.content_view(block));
  return reader.var_string();
}

Format format_of(const BlockStore& store, const FormatSources& sources, BlockIndex block) {
  ByteReader reader(store.content_view(block));
  Format format;
  format.key = reader.var_string();
  format.value.value = read_value(reader);
  if (has_identity(format.value.value)) {
    const Id id = store.global(store.blocks.id(block));
    const auto found = sources.find(id);
    format.value.source = found == sources.end() ? id : found->second;
  }
  return format;
}

}  // namespace ycpp::edit
