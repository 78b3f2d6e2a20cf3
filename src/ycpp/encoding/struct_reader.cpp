#include "ycpp/encoding/struct_reader.h"

#include "ycpp/encoding/any.h"

#include <type_traits>
#include <utility>

namespace ycpp {

template <class Decoder>
void read_content(Decoder& decoder, RawContent& content) {
  ByteReader& rest = decoder.rest();
  content.length = 1;
  switch (content.kind) {
    case BlockKind::Deleted:
      content.length = decoder.read_len();
      return;
    case BlockKind::Json:
      content.length = decoder.read_len();
      content.values = decoder.read_json_strings(content.length);
      return;
    case BlockKind::Binary:
      content.values = rest.var_bytes();
      return;
    case BlockKind::String: {
      const ColumnText string = decoder.read_string();
      content.text = string.text;
      content.length = string.utf16_length;
      content.ascii = string.ascii;
      return;
    }
    case BlockKind::Format:
      content.text = decoder.read_key();
      [[fallthrough]];
    case BlockKind::Embed:
      content.form = Decoder::kValueForm;
      content.values = decoder.read_json();
      return;
    case BlockKind::Type: {
      const std::uint64_t type = decoder.read_type_ref();
      if (type > std::to_underlying(TypeKind::XmlText)) {
        rest.set_error("unknown kind of type");
        return;
      }
      content.type = static_cast<TypeKind>(type);
      content.text = has_name(content.type) ? decoder.read_key() : std::string_view{};
      return;
    }
    case BlockKind::Any: {
      content.length = decoder.read_len();
      const std::uint8_t* const start = rest.position();
      for (Clock i = 0; i < content.length && decoder.ok(); ++i) skip_any(rest);
      content.values = {start, rest.position()};
      return;
    }
    case BlockKind::Doc:
      content.text = decoder.read_string().text;
      content.values = skip_any(rest);
      return;
    case BlockKind::Gc:
    case BlockKind::Skip:
      break;
  }
  rest.set_error("unknown kind of content");
}

template <class Decoder>
bool StructReader<Decoder>::next_section() {
  while (structs_left_ == 0) {
    if (clients_left_ == 0 || !ok()) return false;
    --clients_left_;
    structs_left_ = decoder_.rest().var_uint();
    client_ = decoder_.read_client();
    clock_ = decoder_.rest().var_uint();
  }
  return ok();
}

template <class Decoder>
bool StructReader<Decoder>::next(RawStruct& raw) {
  if (structs_left_ == 0 && !next_section()) return false;
  --structs_left_;
  if (structs_allowed_-- == 0) {
    decoder_.rest().set_error("more structs than an update of this size may hold");
    return false;
  }
  const std::uint8_t* const start = decoder_.rest().position();
  raw.id = {.client = client_, .clock = clock_};
  raw.info = decoder_.read_info();
  raw.content.kind = kind_of(raw.info);
  if (raw.content.kind == BlockKind::Gc || raw.content.kind == BlockKind::Skip) {
    raw.info &= kInfoKindMask;
    raw.parent_kind = ParentKind::Neighbour;
    raw.has_parent_sub = false;
    raw.content.length =
        raw.content.kind == BlockKind::Gc ? decoder_.read_len() : decoder_.rest().var_uint();
  } else {
    read_item(raw);
  }
  if (!ok()) [[unlikely]]
    return false;
  if (raw.content.length == 0 || raw.content.length > kMaxSafeInteger - clock_) [[unlikely]] {
    decoder_.rest().set_error_at(
        raw.content.length == 0 ? "struct without length" : "struct ends above 2^53 - 1", start);
    return false;
  }
  clock_ += raw.content.length;
  if constexpr (Decoder::kFormat == UpdateFormat::V1) {
    raw.wire = {start, decoder_.rest().position()};
  }
  return true;
}

template <class Decoder>
void StructReader<Decoder>::read_item(RawStruct& raw) {
  raw.parent_kind = ParentKind::Neighbour;
  raw.has_parent_sub = false;
  if (raw.has_origin()) raw.origin = decoder_.read_left_id();
  if (raw.has_right_origin()) raw.right_origin = decoder_.read_right_id();
  if ((raw.info & (kInfoOrigin | kInfoRightOrigin)) == 0) {
    if (decoder_.read_parent_is_root()) {
      raw.parent_kind = ParentKind::Root;
      raw.parent_root = decoder_.read_string().text;
    } else {
      raw.parent_kind = ParentKind::Item;
      raw.parent_item = decoder_.read_left_id();
    }
    if ((raw.info & kInfoParentSub) != 0) {
      raw.has_parent_sub = true;
      raw.parent_sub = decoder_.read_string().text;
    }
  }
  [[maybe_unused]] const std::uint8_t* const start = decoder_.rest().position();
  read_content(decoder_, raw.content);
  if constexpr (Decoder::kFormat == UpdateFormat::V1) {
    raw.content_wire = {start, decoder_.rest().position()};
  }
}

template <class Decoder>
DeleteSet StructReader<Decoder>::read_delete_set() {
  return DeleteSet::read(decoder_.rest(), Decoder::kFormat);
}

template <class Decoder>
void StructReader<Decoder>::read_delete_ranges(std::vector<DeleteSet::Range>& ranges) {
  DeleteSet::read_ranges(decoder_.rest(), Decoder::kFormat, ranges);
}

template void read_content(UpdateDecoderV1& decoder, RawContent& content);
template void read_content(UpdateDecoderV2& decoder, RawContent& content);

template class StructReader<UpdateDecoderV1>;
template class StructReader<UpdateDecoderV2>;

}  // namespace ycpp
