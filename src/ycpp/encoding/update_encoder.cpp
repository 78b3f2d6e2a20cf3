#include "ycpp/encoding/update_encoder.h"

#include "base/check.h"
#include "ycpp/encoding/any.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/json.h"
#include "ycpp/encoding/utf.h"

#include <array>
#include <string>

namespace ycpp {

namespace {

template <class Encoder>
void write_text(Encoder& encoder, const RawContent& content, Clock offset) {
  const Clock length = content.length - offset;
  if (offset == 0) {
    encoder.write_string(content.text, length);
  } else if (content.ascii) {
    encoder.write_string(content.text.substr(static_cast<std::size_t>(offset)), length);
  } else {
    encoder.write_string(slice_utf16(content.text, offset, content.length), length);
  }
}

template <class Encoder>
void write_type(Encoder& encoder, const RawContent& content) {
  encoder.write_type_ref(content.type);
  if (has_name(content.type)) encoder.write_key(content.text);
}

}  // namespace

void UpdateEncoderV1::write_string(std::string_view text, std::uint64_t utf16_length) {
  if (utf16_length != text.size() && has_lone_surrogate(text)) {
    rest_.var_string(to_well_formed(text));
  } else {
    rest_.var_string(text);
  }
}

void UpdateEncoderV1::write_string(std::string_view text) {
  // Any length but that in bytes has the halves looked for.
  write_string(text, text.size() + 1);
}

void UpdateEncoderV1::write_json(ByteView value, ValueForm form) {
  if (form == ValueForm::Json) {
    rest_.var_bytes(value);
    return;
  }
  ByteReader reader{value};
  const std::string json = to_json(read_any(reader));
  RUNNEL_CHECK(reader.ok());
  write_string(json);
}

void UpdateEncoderV1::write_json_strings(ByteView strings, std::uint64_t /*count*/) {
  rest_.bytes(strings);
}

void UpdateEncoderV2::write_string(std::string_view text) {
  string_.write(text, utf16_length(text));
}

void UpdateEncoderV2::write_json(ByteView value, ValueForm form) {
  if (form == ValueForm::Any) {
    rest_.bytes(value);
    return;
  }
  const Result<Any> parsed = parse_json(runnel::as_text(value));
  RUNNEL_CHECK(parsed.has_value());
  write_any(rest_, *parsed);
}

void UpdateEncoderV2::write_json_strings(ByteView strings, std::uint64_t count) {
  ByteReader reader{strings};
  for (std::uint64_t i = 0; i < count; ++i) write_string(runnel::as_text(reader.var_bytes()));
  RUNNEL_CHECK(reader.ok());
}

Bytes UpdateEncoderV2::finish() {
  const StringWriter::Parts strings = string_.finish();
  ByteWriter blob_size;
  blob_size.var_uint(strings.blob.size());
  // Each column is what it is made of, one after the other.
  const std::array<std::array<ByteView, 3>, 9> columns{{
      {key_clock_.finish()},
      {client_.finish()},
      {left_clock_.finish()},
      {right_clock_.finish()},
      {info_.finish()},
      {blob_size.view(), runnel::as_bytes(strings.blob), strings.lengths},
      {parent_info_.finish()},
      {type_ref_.finish()},
      {len_.finish()},
  }};
  std::size_t total = 1 + (columns.size() * kVarUintBytesMax) + rest_.size();
  for (const auto& parts : columns) total += parts[0].size() + parts[1].size() + parts[2].size();
  Bytes out;
  out.reserve(total);
  const auto append = [&out](ByteView part) { out.insert(out.end(), part.begin(), part.end()); };
  out.push_back(0);
  for (const auto& parts : columns) {
    std::array<std::uint8_t, kVarUintBytesMax> size{};
    const std::size_t bytes = parts[0].size() + parts[1].size() + parts[2].size();
    append({size.data(), put_var_uint(size.data(), bytes)});
    for (const ByteView part : parts) append(part);
  }
  append(rest_.view());
  return out;
}

ByteView values_from(const RawContent& content, Clock offset) {
  ByteReader reader{content.values};
  for (Clock i = 0; i < offset; ++i) {
    if (content.kind == BlockKind::Any) {
      skip_any(reader);
    } else {
      reader.var_bytes();
    }
  }
  // The values were checked when the struct was read.
  RUNNEL_CHECK(reader.ok());
  return reader.rest();
}

template <class Encoder>
void write_content(Encoder& encoder, const RawContent& content, Clock offset) {
  switch (content.kind) {
    case BlockKind::Gc:
    case BlockKind::Deleted:
      encoder.write_len(content.length - offset);
      return;
    case BlockKind::Skip:
      encoder.rest().var_uint(content.length - offset);
      return;
    case BlockKind::Json:
      encoder.write_len(content.length - offset);
      encoder.write_json_strings(values_from(content, offset), content.length - offset);
      return;
    case BlockKind::Binary:
      encoder.rest().var_bytes(content.values);
      return;
    case BlockKind::String:
      write_text(encoder, content, offset);
      return;
    case BlockKind::Format:
      encoder.write_key(content.text);
      encoder.write_json(content.values, content.form);
      return;
    case BlockKind::Embed:
      encoder.write_json(content.values, content.form);
      return;
    case BlockKind::Type:
      write_type(encoder, content);
      return;
    case BlockKind::Any:
      encoder.write_len(content.length - offset);
      encoder.rest().bytes(values_from(content, offset));
      return;
    case BlockKind::Doc:
      encoder.write_string(content.text);
      encoder.rest().bytes(content.values);
      return;
  }
}

template <class Encoder>
void write_struct(Encoder& encoder, const RawStruct& raw, Clock offset) {
  if (!raw.is_item()) {
    encoder.write_info(raw.info);
    write_content(encoder, raw.content, offset);
    return;
  }
  const bool has_origin = offset > 0 || raw.has_origin();
  const bool has_right_origin = raw.has_right_origin();
  encoder.write_info(has_origin ? static_cast<std::uint8_t>(raw.info | kInfoOrigin) : raw.info);
  if (offset > 0) {
    encoder.write_left_id({.client = raw.id.client, .clock = raw.id.clock + offset - 1});
  } else if (has_origin) {
    encoder.write_left_id(raw.origin);
  }
  if (has_right_origin) encoder.write_right_id(raw.right_origin);
  if (!has_origin && !has_right_origin) {
    encoder.write_parent_is_root(raw.parent_kind == ParentKind::Root);
    if (raw.parent_kind == ParentKind::Root) {
      encoder.write_string(raw.parent_root);
    } else {
      encoder.write_left_id(raw.parent_item);
    }
    if ((raw.info & kInfoParentSub) != 0) encoder.write_string(raw.parent_sub);
  }
  write_content(encoder, raw.content, offset);
}

template void write_content(UpdateEncoderV1&, const RawContent&, Clock);
template void write_content(UpdateEncoderV2&, const RawContent&, Clock);
template void write_struct(UpdateEncoderV1&, const RawStruct&, Clock);
template void write_struct(UpdateEncoderV2&, const RawStruct&, Clock);

}  // namespace ycpp
