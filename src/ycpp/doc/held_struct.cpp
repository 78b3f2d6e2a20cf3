#include "ycpp/doc/held_struct.h"

#include "base/check.h"
#include "ycpp/doc/value_walk.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/utf.h"

namespace ycpp {

namespace {

// In the first byte, above the kind.
constexpr std::uint8_t kHasOrigin = 0x80;
constexpr std::uint8_t kHasRightOrigin = 0x40;
constexpr std::uint8_t kHasKey = 0x20;
constexpr std::uint8_t kHasRoot = 0x10;
constexpr std::uint8_t kKindBits = 0x0F;
// In the second byte.
constexpr std::uint8_t kAnyForm = 1;
constexpr std::uint8_t kUnicode = 2;

bool has_neighbour(const IncomingStruct& item) noexcept {
  return item.origin().is_set() || item.right_origin().is_set();
}

bool has_content_name(const IncomingStruct& item) noexcept {
  if (item.kind == BlockKind::Type) return has_name(item.type_kind);
  return item.kind == BlockKind::Format || item.kind == BlockKind::Doc;
}

void write_local_id(ByteWriter& writer, LocalId id) {
  writer.var_uint(id.client);
  writer.var_uint(id.clock);
}

LocalId read_local_id(ByteReader& reader) noexcept {
  const auto client = static_cast<ClientIndex>(reader.var_uint());
  return {client, reader.var_uint()};
}

std::string_view read_text(ByteReader& reader) noexcept {
  return runnel::as_text(reader.var_bytes());
}

std::uint8_t first_byte(const IncomingUpdate& update, const IncomingStruct& item) noexcept {
  auto first = static_cast<std::uint8_t>(item.kind);
  if (item.kind == BlockKind::Gc) return first;
  if (item.origin().is_set()) first |= kHasOrigin;
  if (item.right_origin().is_set()) first |= kHasRightOrigin;
  if (has_neighbour(item)) return first;
  if (update.names[item.names].has_root) first |= kHasRoot;
  if (update.names[item.names].has_key) first |= kHasKey;
  return first;
}

void read_place(ByteReader& reader, std::uint8_t first, IncomingUpdate& update,
                IncomingStruct& item) {
  if ((first & kHasOrigin) != 0) item.set_origin(read_local_id(reader));
  if ((first & kHasRightOrigin) != 0) item.set_right_origin(read_local_id(reader));
  if (has_neighbour(item)) return;
  item.names = static_cast<std::uint32_t>(update.names.size());
  IncomingNames& names = update.names.emplace_back();
  names.has_root = (first & kHasRoot) != 0;
  if (names.has_root) {
    names.root_type = static_cast<TypeIndex>(reader.var_uint());
  } else {
    names.parent = read_local_id(reader);
  }
  names.has_key = (first & kHasKey) != 0;
  if (names.has_key) names.key = read_text(reader);
}

}  // namespace

void write_held(ByteWriter& writer, const IncomingUpdate& update, const IncomingStruct& item) {
  const std::uint8_t first = first_byte(update, item);
  writer.u8(first);
  writer.var_uint(item.length);
  if (item.kind == BlockKind::Gc) return;
  if (item.origin().is_set()) write_local_id(writer, item.origin());
  if (item.right_origin().is_set()) write_local_id(writer, item.right_origin());
  if (!has_neighbour(item)) {
    const IncomingNames& names = update.names[item.names];
    if (names.has_root) {
      RUNNEL_CHECK(names.root_type != kNone);
      writer.var_uint(names.root_type);
    } else {
      write_local_id(writer, names.parent);
    }
    if (names.has_key) writer.var_string(names.key);
  }
  if (item.kind == BlockKind::Deleted) return;
  writer.u8(static_cast<std::uint8_t>((item.form == ValueForm::Any ? kAnyForm : 0U) |
                                      (item.unicode ? kUnicode : 0U)));
  if (item.kind == BlockKind::Type) writer.u8(static_cast<std::uint8_t>(item.type_kind));
  if (has_content_name(item)) writer.var_string(update.names[item.names].name);
  writer.var_bytes({item.content, item.content_bytes});
}

std::size_t read_held(ByteView bytes, Clock clock, IncomingUpdate& update) {
  ByteReader reader(bytes);
  IncomingStruct& item = update.structs.emplace_back();
  const std::uint8_t first = reader.u8();
  item.kind = static_cast<BlockKind>(first & kKindBits);
  item.clock = clock;
  item.length = reader.var_uint();
  if (item.kind == BlockKind::Gc) return reader.offset();
  read_place(reader, first, update, item);
  if (item.kind == BlockKind::Deleted) return reader.offset();
  const std::uint8_t second = reader.u8();
  item.form = (second & kAnyForm) != 0 ? ValueForm::Any : ValueForm::Json;
  item.unicode = (second & kUnicode) != 0;
  if (item.kind == BlockKind::Type) item.type_kind = static_cast<TypeKind>(reader.u8());
  if (has_content_name(item)) {
    if (item.names == kNone) {
      item.names = static_cast<std::uint32_t>(update.names.size());
      update.names.emplace_back();
    }
    update.names[item.names].name = read_text(reader);
  }
  const ByteView content = reader.var_bytes();
  item.content = content.data();
  item.content_bytes = static_cast<std::uint32_t>(content.size());
  RUNNEL_CHECK(reader.ok());
  return reader.offset();
}

IncomingStruct without_front(ClientIndex client, const IncomingStruct& item, Clock known,
                             std::string& storage) {
  IncomingStruct rest = item;
  rest.clock += known;
  rest.length -= known;
  if (item.kind == BlockKind::Gc) return rest;
  rest.set_origin({client, rest.clock - 1});
  // Only names of the place: what has a name in its content is one unit long.
  rest.names = kNone;
  std::size_t skipped = 0;
  if (item.kind == BlockKind::String && item.unicode) {
    storage = split_right_utf16(runnel::as_text({item.content, item.content_bytes}), known);
    rest.content = runnel::as_bytes(storage).data();
    rest.content_bytes = static_cast<std::uint32_t>(storage.size());
  } else if (item.kind == BlockKind::String) {
    skipped = static_cast<std::size_t>(known);
  } else if (item.kind == BlockKind::Any) {
    skipped = walk::any_bytes(item.content, known);
  } else if (item.kind == BlockKind::Json) {
    skipped = walk::json_bytes(item.content, known);
  }
  if (skipped > 0) {
    rest.content += skipped;
    rest.content_bytes -= static_cast<std::uint32_t>(skipped);
  }
  return rest;
}

RawStruct to_raw(const BlockStore& store, const IncomingUpdate& update, ClientIndex client,
                 const IncomingStruct& item) {
  RawStruct raw;
  raw.id = {store.clients[client].id, item.clock};
  raw.info = static_cast<std::uint8_t>(item.kind);
  RawContent& content = raw.content;
  content.kind = item.kind;
  content.length = item.length;
  if (item.kind == BlockKind::Gc) return raw;
  if (item.origin().is_set()) {
    raw.info |= kInfoOrigin;
    raw.origin = store.global(item.origin());
  }
  if (item.right_origin().is_set()) {
    raw.info |= kInfoRightOrigin;
    raw.right_origin = store.global(item.right_origin());
  }
  if (!has_neighbour(item)) {
    const IncomingNames& names = update.names[item.names];
    raw.parent_kind = names.has_root ? ParentKind::Root : ParentKind::Item;
    if (names.has_root) {
      raw.parent_root = store.names.text(store.types[names.root_type].name);
    } else {
      raw.parent_item = store.global(names.parent);
    }
    raw.has_parent_sub = names.has_key;
    raw.parent_sub = names.key;
    if (names.has_key) raw.info |= kInfoParentSub;
  }
  content.form = item.form;
  content.ascii = !item.unicode;
  content.values = {item.content, item.content_bytes};
  if (item.kind == BlockKind::String) content.text = runnel::as_text(content.values);
  if (item.kind == BlockKind::Type) content.type = item.type_kind;
  if (has_content_name(item)) content.text = update.names[item.names].name;
  return raw;
}

}  // namespace ycpp
