#include "ycpp/update/obfuscate.h"

#include "ycpp/encoding/any.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/json.h"
#include "ycpp/update/pass.h"

#include <map>
#include <string>
#include <string_view>

namespace ycpp {

namespace {

// Replaces content struct by struct; the number of the item is what its content becomes.
class Obfuscator {
 public:
  explicit Obfuscator(const ObfuscateOptions& options) : options_(options) {}

  // Changes `raw`, whose views then point into this object until the next call.
  void apply(RawStruct& raw);

 private:
  using Names = std::map<std::string, std::string, std::less<>>;

  void apply_to_content(RawContent& content);
  void apply_to_type(RawContent& content);
  void apply_to_format(RawContent& content);
  void fill_values(RawContent& content, std::string_view one);
  void set_any(RawContent& content, const Any& value);

  // The name given to `key` before, or `prefix` and the number.
  const std::string& name_for(Names& names, std::string_view key, std::string_view prefix) {
    const auto found = names.find(key);
    if (found != names.end()) return found->second;
    return names.emplace(key, std::string(prefix) + number()).first->second;
  }

  [[nodiscard]] std::string number() const { return std::to_string(item_); }

  ObfuscateOptions options_;
  std::uint64_t item_{0};
  std::string text_;
  Bytes values_;
  Names map_keys_;
  Names node_names_;
  Names format_keys_;
  // By the value as any; only values that JavaScript compares by content are in here.
  std::map<std::string, std::uint64_t> format_values_;
};

Bytes any_bytes(const Any& value) {
  ByteWriter writer;
  write_any(writer, value);
  return writer.to_bytes();
}

Any value_of(const RawContent& content) {
  if (content.form == ValueForm::Json) {
    return parse_json(runnel::as_text(content.values)).value_or(Any{});
  }
  ByteReader reader{content.values};
  return read_any(reader);
}

void Obfuscator::set_any(RawContent& content, const Any& value) {
  values_ = any_bytes(value);
  content.values = values_;
  content.form = ValueForm::Any;
}

void Obfuscator::fill_values(RawContent& content, std::string_view one) {
  values_.clear();
  const ByteView bytes = runnel::as_bytes(one);
  for (Clock i = 0; i < content.length; ++i)
    values_.insert(values_.end(), bytes.begin(), bytes.end());
  content.values = values_;
}

void Obfuscator::apply_to_type(RawContent& content) {
  if (!options_.yxml || !has_name(content.type)) return;
  const bool is_element = content.type == TypeKind::XmlElement;
  content.text = name_for(node_names_, content.text, is_element ? "node-" : "hook-");
}

void Obfuscator::apply_to_format(RawContent& content) {
  if (!options_.formatting) return;
  content.text = name_for(format_keys_, content.text, "");
  const Any value = value_of(content);
  if (value.is_null()) return;  // the end of a range stays one
  const bool by_identity =
      value.as_array() != nullptr || value.as_object() != nullptr || value.as_bytes() != nullptr;
  std::uint64_t item = item_;
  if (!by_identity)
    item = format_values_.try_emplace(runnel::to_text(any_bytes(value)), item_).first->second;
  set_any(content, AnyObject{{{"i", static_cast<double>(item)}}});
}

void Obfuscator::apply_to_content(RawContent& content) {
  switch (content.kind) {
    case BlockKind::Type:
      apply_to_type(content);
      return;
    case BlockKind::Any:
      fill_values(content, runnel::as_text(any_bytes(static_cast<double>(item_))));
      return;
    case BlockKind::Json: {
      ByteWriter writer;
      writer.var_string(number());
      fill_values(content, runnel::as_text(writer.view()));
      return;
    }
    case BlockKind::Binary:
      values_ = {static_cast<std::uint8_t>(item_)};
      content.values = values_;
      return;
    case BlockKind::Doc:
      if (!options_.subdocs) return;
      text_ = number();
      content.text = text_;
      set_any(content, AnyObject{});
      return;
    case BlockKind::Embed:
      set_any(content, AnyObject{});
      return;
    case BlockKind::Format:
      apply_to_format(content);
      return;
    case BlockKind::String:
      text_.assign(static_cast<std::size_t>(content.length), static_cast<char>('0' + (item_ % 10)));
      content.text = text_;
      content.ascii = true;
      return;
    case BlockKind::Deleted:
    case BlockKind::Gc:
    case BlockKind::Skip:
      return;
  }
}

void Obfuscator::apply(RawStruct& raw) {
  if (!raw.is_item()) return;
  apply_to_content(raw.content);
  if (raw.has_parent_sub && !raw.parent_sub.empty()) {
    raw.parent_sub = name_for(map_keys_, raw.parent_sub, "");
  }
  ++item_;
}

template <class Codec>
Result<Bytes> obfuscate(ByteView update, const ObfuscateOptions& options) {
  StructReader<typename Codec::Decoder> reader{update};
  SectionWriter<typename Codec::Encoder> writer;
  Obfuscator obfuscator{options};
  RawStruct raw;
  while (reader.next(raw)) {
    raw.wire = {};
    obfuscator.apply(raw);
    pass_struct(writer, raw);
  }
  return finish_pass(reader, writer);
}

}  // namespace

Result<Bytes> obfuscate_update(ByteView update, const ObfuscateOptions& options,
                               UpdateFormat format) {
  return format == UpdateFormat::V1 ? obfuscate<V1Codec>(update, options)
                                    : obfuscate<V2Codec>(update, options);
}

}  // namespace ycpp
