#include "ycpp/doc/decode_v1.h"

#include "ycpp/encoding/any.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/json.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace ycpp {

namespace {

class StructDecoder {
 public:
  StructDecoder(ByteReader& reader, BlockStore& store, IncomingUpdate& update) noexcept
      : reader_(reader), store_(store), update_(update) {}

  // Reads the structs of one client; clock space that is skipped ends a section.
  void read_section(ClientIndex client, Clock clock, std::uint64_t count) {
    client_ = client;
    std::size_t begin = update_.structs.size();
    update_.expect_structs(count, reader_.remaining());
    for (std::uint64_t i = 0; i < count && reader_.ok(); ++i) {
      const std::uint8_t info = reader_.u8();
      Clock length = 0;
      if (kind_of(info) == BlockKind::Skip) {
        length = reader_.var_uint();
        close_section(begin);
        begin = update_.structs.size();
      } else {
        length = read_struct(info, clock);
      }
      if (length > kMaxSafeInteger - clock) reader_.set_error("clock above 2^53 - 1");
      clock += length;
    }
    close_section(begin);
  }

  // Mostly the same as the last time, and then compared as it stands.
  ClientIndex read_client() {
    if (reader_.skip_word(last_client_bytes_)) return last_client_;
    const std::uint8_t* const begin = reader_.position();
    const ClientId id{reader_.var_uint()};
    if (!reader_.ok()) return 0;
    last_client_ = store_.intern_client(id);
    last_client_bytes_ = ByteReader::make_word({begin, reader_.position()});
    return last_client_;
  }

 private:
  void close_section(std::size_t begin) {
    const std::size_t end = update_.structs.size();
    if (begin != end) update_.sections.push_back({client_, begin, end});
  }

  Clock read_struct(std::uint8_t info, Clock clock) {
    IncomingStruct& item = update_.structs.emplace_back();
    item.clock = clock;
    item.kind = kind_of(info);
    if (item.kind == BlockKind::Gc) {
      item.length = reader_.var_uint();
    } else {
      read_place(info, item);
      read_content(item);
    }
    // No writer emits it, and a block without units would have no id.
    if (item.length == 0) {
      reader_.set_error("struct without length");
    }
    return item.length;
  }

  void read_place(std::uint8_t info, IncomingStruct& item) {
    if ((info & kInfoOrigin) != 0) item.set_origin(read_id(item.clock));
    if ((info & kInfoRightOrigin) != 0) item.set_right_origin(read_id(item.clock));
    if ((info & (kInfoOrigin | kInfoRightOrigin)) != 0) return;
    IncomingNames& names = add_names(item);
    names.has_root = reader_.var_uint() == 1;
    if (names.has_root) {
      names.root = reader_.var_string();
    } else {
      names.parent = read_id(item.clock);
    }
    names.has_key = (info & kInfoParentSub) != 0;
    if (names.has_key) names.key = reader_.var_string();
  }

  LocalId read_id(Clock own_clock) {
    const ClientIndex client = read_client();
    const Clock clock = reader_.var_uint();
    if (client == client_ && clock >= own_clock) reader_.set_error("reference to a later unit");
    return {client, clock};
  }

  IncomingNames& add_names(IncomingStruct& item) {
    if (item.names == kNone) {
      item.names = static_cast<std::uint32_t>(update_.names.size());
      update_.names.emplace_back();
    }
    return update_.names[item.names];
  }

  void read_content(IncomingStruct& item) {
    switch (item.kind) {
      case BlockKind::Deleted:
        item.length = reader_.var_uint();
        ++update_.deleted_structs;
        return;
      case BlockKind::Json:
        return read_json(item);
      case BlockKind::Binary: {
        item.length = 1;
        const ByteView bytes = reader_.var_bytes();
        return set_content(item, bytes);
      }
      case BlockKind::String: {
        TextShape shape;
        const std::string_view text = reader_.var_string(shape);
        item.length = shape.utf16_length;
        item.unicode = !shape.ascii;
        return set_content(item, runnel::as_bytes(text));
      }
      case BlockKind::Embed:
        item.length = 1;
        return read_value(item);
      case BlockKind::Format: {
        item.length = 1;
        const std::string_view key = reader_.var_string();
        add_names(item).name = key;
        return read_value(item);
      }
      case BlockKind::Type:
        item.length = 1;
        return read_type(item);
      case BlockKind::Any: {
        item.length = reader_.var_uint();
        const std::uint8_t* const begin = reader_.position();
        for (std::uint64_t i = 0; i < item.length && reader_.ok(); ++i) skip_any(reader_);
        return set_content(item, begin);
      }
      case BlockKind::Doc: {
        item.length = 1;
        const std::string_view guid = reader_.var_string();
        add_names(item).name = guid;
        const std::uint8_t* const begin = reader_.position();
        skip_any(reader_);
        return set_content(item, begin);
      }
      case BlockKind::Gc:
      case BlockKind::Skip:
        break;
    }
    reader_.set_error("unknown kind of struct");
  }

  void read_json(IncomingStruct& item) {
    item.length = reader_.var_uint();
    const std::uint8_t* const begin = reader_.position();
    for (std::uint64_t i = 0; i < item.length && reader_.ok(); ++i) {
      const std::uint8_t* const at = reader_.position();
      const std::string_view text = reader_.var_string();
      if (reader_.ok() && text != "undefined" && !is_json(text)) {
        reader_.set_error_at("text that is not JSON", at);
      }
    }
    set_content(item, begin);
  }

  void read_value(IncomingStruct& item) {
    const std::uint8_t* const at = reader_.position();
    const std::string_view text = reader_.var_string();
    if (reader_.ok() && !is_json(text)) reader_.set_error_at("value that is not JSON", at);
    item.form = ValueForm::Json;
    set_content(item, runnel::as_bytes(text));
  }

  void read_type(IncomingStruct& item) {
    const std::uint64_t reference = reader_.var_uint();
    if (reference > static_cast<std::uint64_t>(TypeKind::XmlText)) {
      reader_.set_error("unknown type");
      return;
    }
    item.type_kind = static_cast<TypeKind>(reference);
    if (has_name(item.type_kind)) {
      const std::string_view name = reader_.var_string();
      add_names(item).name = name;
    }
  }

  void set_content(IncomingStruct& item, const std::uint8_t* begin) {
    if (!reader_.ok()) return;
    set_content(item, ByteView{begin, reader_.position()});
  }

  void set_content(IncomingStruct& item, ByteView content) {
    item.content = content.data();
    item.content_bytes = static_cast<std::uint32_t>(content.size());
    update_.content_bytes += content.size();
  }

  ByteReader& reader_;
  BlockStore& store_;
  IncomingUpdate& update_;
  ClientIndex client_{kNone};
  ByteReader::Word last_client_bytes_;
  ClientIndex last_client_{kNone};
};

void read_deletes(ByteReader& reader, StructDecoder& decoder, IncomingUpdate& update) {
  const std::uint64_t client_count = reader.var_uint();
  for (std::uint64_t i = 0; i < client_count && reader.ok(); ++i) {
    const ClientIndex client = decoder.read_client();
    const std::uint64_t range_count = reader.var_uint();
    // The count is a peer's claim; the bytes that are left can be trusted to hold so many. Most of
    // what is deleted is mostly one client's, and growth for the others stays geometric.
    constexpr std::size_t kTypicalBytes = 3;
    if (i == 0) {
      update.deletes.reserve(
          std::min<std::uint64_t>(range_count, reader.remaining() / kTypicalBytes));
    }
    for (std::uint64_t k = 0; k < range_count && reader.ok(); ++k) {
      const Clock clock = reader.var_uint();
      const Clock length = reader.var_uint();
      if (length > kMaxSafeInteger - clock) reader.set_error("deleted range above 2^53 - 1");
      if (length > 0) update.deletes.push_back({client, {clock, length}});
    }
  }
}

}  // namespace

Result<void> decode_update_v1(ByteView bytes, BlockStore& store, IncomingUpdate& update) {
  update.clear();
  if (bytes.size() > 0xFFFFFFFF) return fail(Errc::LimitExceeded, "update above 4 GiB");
  ByteReader reader(bytes);
  StructDecoder decoder(reader, store, update);
  const std::uint64_t section_count = reader.var_uint();
  for (std::uint64_t i = 0; i < section_count && reader.ok(); ++i) {
    const std::uint64_t struct_count = reader.var_uint();
    const ClientIndex client = decoder.read_client();
    const Clock clock = reader.var_uint();
    decoder.read_section(client, clock, struct_count);
  }
  if (reader.ok()) read_deletes(reader, decoder, update);
  if (!reader.ok()) return std::unexpected(reader.error("reading an update in format V1"));
  return {};
}

}  // namespace ycpp
