#include "ycpp/update/inspect.h"

#include "ycpp/encoding/any.h"
#include "ycpp/encoding/json.h"
#include "ycpp/encoding/struct_reader.h"
#include "ycpp/encoding/utf.h"

#include <string_view>
#include <utility>

namespace ycpp {

namespace {

constexpr std::size_t kContentBytesShown = 120;

std::string to_text(Id id) {
  return std::to_string(id.client.value()) + ':' + std::to_string(id.clock);
}

std::string_view kind_name(BlockKind kind) noexcept {
  switch (kind) {
    case BlockKind::Gc:
      return "GC";
    case BlockKind::Deleted:
      return "Deleted";
    case BlockKind::Json:
      return "JSON";
    case BlockKind::Binary:
      return "Binary";
    case BlockKind::String:
      return "String";
    case BlockKind::Embed:
      return "Embed";
    case BlockKind::Format:
      return "Format";
    case BlockKind::Type:
      return "Type";
    case BlockKind::Any:
      return "Any";
    case BlockKind::Doc:
      return "Doc";
    case BlockKind::Skip:
      return "Skip";
  }
  std::unreachable();
}

std::string_view type_name(TypeKind type) noexcept {
  switch (type) {
    case TypeKind::Array:
      return "Array";
    case TypeKind::Map:
      return "Map";
    case TypeKind::Text:
      return "Text";
    case TypeKind::XmlElement:
      return "XmlElement";
    case TypeKind::XmlFragment:
      return "XmlFragment";
    case TypeKind::XmlHook:
      return "XmlHook";
    case TypeKind::XmlText:
      return "XmlText";
    case TypeKind::Untyped:
      break;  // no update names it
  }
  std::unreachable();
}

std::string quoted(std::string_view text) {
  if (text.size() <= kContentBytesShown) return to_json(Any{text});
  // Not inside a character.
  std::size_t cut = kContentBytesShown;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return to_json(Any{text.substr(0, cut)}) + "...";
}

std::string any_text(ByteView value) {
  ByteReader reader{value};
  std::string text = to_json(read_any(reader));
  if (text.size() <= kContentBytesShown) return text;
  return quoted(text);
}

std::string value_text(const RawContent& content) {
  if (content.form == ValueForm::Any) return any_text(content.values);
  const std::string_view json = runnel::as_text(content.values);
  return json.size() <= kContentBytesShown ? std::string(json) : quoted(json);
}

// The values of Any or Json, as many as fit.
std::string values_text(const RawContent& content) {
  ByteReader reader{content.values};
  std::string text = "[";
  for (Clock i = 0; i < content.length; ++i) {
    if (i > 0) text += ',';
    if (text.size() > kContentBytesShown) {
      text += "...";
      break;
    }
    text += content.kind == BlockKind::Any ? any_text(skip_any(reader))
                                           : std::string(runnel::as_text(reader.var_bytes()));
  }
  return text + ']';
}

std::string content_text(const RawContent& content) {
  switch (content.kind) {
    case BlockKind::Gc:
    case BlockKind::Deleted:
    case BlockKind::Skip:
      return {};
    case BlockKind::Json:
    case BlockKind::Any:
      return values_text(content);
    case BlockKind::Binary:
      return std::to_string(content.values.size()) + " bytes";
    case BlockKind::String:
      return quoted(content.text);
    case BlockKind::Embed:
      return value_text(content);
    case BlockKind::Format:
      return quoted(content.text) + '=' + value_text(content);
    case BlockKind::Type: {
      std::string text{type_name(content.type)};
      if (has_name(content.type)) text += ' ' + quoted(content.text);
      return text;
    }
    case BlockKind::Doc:
      return quoted(content.text) + ' ' + any_text(content.values);
  }
  std::unreachable();
}

std::string place_text(const RawStruct& raw) {
  std::string text;
  if (raw.has_origin()) text += " after " + to_text(raw.origin);
  if (raw.has_right_origin()) text += " before " + to_text(raw.right_origin);
  if (raw.parent_kind == ParentKind::Root) text += " in root " + quoted(raw.parent_root);
  if (raw.parent_kind == ParentKind::Item) text += " in " + to_text(raw.parent_item);
  if (raw.has_parent_sub) text += " key " + quoted(raw.parent_sub);
  if (!raw.has_parent_sub && (raw.info & kInfoParentSub) != 0) text += " in a map";
  return text;
}

void append_struct(std::string& out, const RawStruct& raw) {
  out += to_text(raw.id) + '+' + std::to_string(raw.content.length) + ' ';
  out += kind_name(raw.content.kind);
  const std::string content = content_text(raw.content);
  if (!content.empty()) out += ' ' + content;
  if (raw.is_item()) out += place_text(raw);
  out += '\n';
}

template <class Decoder>
Result<std::string> inspect(ByteView update) {
  StructReader<Decoder> reader{update};
  std::string out;
  RawStruct raw;
  while (reader.next(raw)) append_struct(out, raw);
  if (!reader.ok()) return std::unexpected(reader.error());
  std::vector<DeleteSet::Range> deleted;
  reader.read_delete_ranges(deleted);
  if (!reader.ok()) return std::unexpected(reader.error());
  for (const auto& [client, range] : deleted) {
    out += "deleted " + to_text({.client = client, .clock = range.clock}) + '+' +
           std::to_string(range.length) + '\n';
  }
  return out;
}

}  // namespace

Result<std::string> inspect_update(ByteView update, UpdateFormat format) {
  return format == UpdateFormat::V1 ? inspect<UpdateDecoderV1>(update)
                                    : inspect<UpdateDecoderV2>(update);
}

}  // namespace ycpp
