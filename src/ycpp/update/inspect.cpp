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

std::string_view kind_name(ContentKind kind) noexcept {
  switch (kind) {
    case ContentKind::Gc:
      return "GC";
    case ContentKind::Deleted:
      return "Deleted";
    case ContentKind::Json:
      return "JSON";
    case ContentKind::Binary:
      return "Binary";
    case ContentKind::String:
      return "String";
    case ContentKind::Embed:
      return "Embed";
    case ContentKind::Format:
      return "Format";
    case ContentKind::Type:
      return "Type";
    case ContentKind::Any:
      return "Any";
    case ContentKind::Doc:
      return "Doc";
    case ContentKind::Skip:
      return "Skip";
  }
  std::unreachable();
}

std::string_view type_name(TypeRef type) noexcept {
  switch (type) {
    case TypeRef::Array:
      return "Array";
    case TypeRef::Map:
      return "Map";
    case TypeRef::Text:
      return "Text";
    case TypeRef::XmlElement:
      return "XmlElement";
    case TypeRef::XmlFragment:
      return "XmlFragment";
    case TypeRef::XmlHook:
      return "XmlHook";
    case TypeRef::XmlText:
      return "XmlText";
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
    text += content.kind == ContentKind::Any ? any_text(skip_any(reader))
                                             : std::string(runnel::as_text(reader.var_bytes()));
  }
  return text + ']';
}

std::string content_text(const RawContent& content) {
  switch (content.kind) {
    case ContentKind::Gc:
    case ContentKind::Deleted:
    case ContentKind::Skip:
      return {};
    case ContentKind::Json:
    case ContentKind::Any:
      return values_text(content);
    case ContentKind::Binary:
      return std::to_string(content.values.size()) + " bytes";
    case ContentKind::String:
      return quoted(content.text);
    case ContentKind::Embed:
      return value_text(content);
    case ContentKind::Format:
      return quoted(content.text) + '=' + value_text(content);
    case ContentKind::Type: {
      std::string text{type_name(content.type)};
      if (has_name(content.type)) text += ' ' + quoted(content.text);
      return text;
    }
    case ContentKind::Doc:
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
