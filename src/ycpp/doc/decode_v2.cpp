#include "ycpp/doc/decode_v2.h"

#include "base/bytes.h"
#include "ycpp/encoding/struct_reader.h"

#include <utility>
#include <vector>

namespace ycpp {

namespace {

// As StructReader reads them, but straight into the form that is applied.
class StructDecoderV2 {
 public:
  StructDecoderV2(UpdateDecoderV2& decoder, BlockStore& store, IncomingUpdate& update) noexcept
      : decoder_(decoder), store_(store), update_(update), structs_left_(decoder.structs_max()) {}

  // Reads the structs of one client. Those of a section go on where they follow those of the last.
  void read_section(std::uint64_t count, ClientId id, Clock clock, std::size_t update_bytes) {
    if (count == 0 || !decoder_.ok()) return;
    const ClientIndex client = intern(id);
    update_.expect_structs(count, update_bytes);
    if (client != client_ || clock != clock_) close_section();
    client_ = client;
    clock_ = clock;
    while (count > 0 && read_struct()) --count;
  }

  void close_section() {
    const std::size_t end = update_.structs.size();
    if (begin_ != end) update_.sections.push_back({client_, begin_, end});
    begin_ = end;
  }

  void read_deletes() {
    std::vector<DeleteSet::Range> ranges;
    DeleteSet::read_ranges(decoder_.rest(), UpdateFormat::V2, ranges);
    if (!decoder_.ok()) return;
    update_.deletes.reserve(ranges.size());
    for (const DeleteSet::Range& range : ranges) {
      if (range.range.length > 0) update_.deletes.push_back({intern(range.client), range.range});
    }
  }

 private:
  bool read_struct() {
    if (structs_left_-- == 0) [[unlikely]] {
      decoder_.rest().set_error("more structs than an update of this size may hold");
      return false;
    }
    const std::uint8_t* const start = decoder_.rest().position();
    const std::uint8_t info = decoder_.read_info();
    const BlockKind kind = kind_of(info);
    if (kind == BlockKind::Skip) {
      close_section();
      return go_on_behind(decoder_.rest().var_uint(), start);
    }
    IncomingStruct& item = update_.structs.emplace_back();
    item.clock = clock_;
    item.kind = kind;
    if (kind == BlockKind::Gc) {
      item.length = decoder_.read_len();
    } else {
      read_place(info, item);
      read_content(item);
    }
    return go_on_behind(item.length, start);
  }

  // False if the struct that was read is none.
  bool go_on_behind(Clock length, const std::uint8_t* start) {
    if (!decoder_.ok()) [[unlikely]]
      return false;
    if (length == 0 || length > kMaxSafeInteger - clock_) [[unlikely]] {
      decoder_.rest().set_error_at(
          length == 0 ? "struct without length" : "struct ends above 2^53 - 1", start);
      return false;
    }
    clock_ += length;
    return true;
  }

  void read_place(std::uint8_t info, IncomingStruct& item) {
    if ((info & kInfoOrigin) != 0) item.set_origin(local(decoder_.read_left_id()));
    if ((info & kInfoRightOrigin) != 0) item.set_right_origin(local(decoder_.read_right_id()));
    if ((info & (kInfoOrigin | kInfoRightOrigin)) != 0) return;
    IncomingNames& names = names_of(item);
    names.has_root = decoder_.read_parent_is_root();
    if (names.has_root) {
      names.root = decoder_.read_string().text;
    } else {
      names.parent = local(decoder_.read_left_id());
    }
    names.has_key = (info & kInfoParentSub) != 0;
    if (names.has_key) names.key = decoder_.read_string().text;
  }

  ClientIndex intern(ClientId id) {
    if (last_client_ == kNone || !(last_id_ == id)) {
      last_id_ = id;
      last_client_ = store_.intern_client(id);
    }
    return last_client_;
  }

  // A neighbour or parent. Of the same client it must come before.
  LocalId local(Id id) {
    const ClientIndex client = intern(id.client);
    if (client == client_ && id.clock >= clock_ && decoder_.ok()) [[unlikely]] {
      decoder_.rest().set_error("reference to a later unit");
    }
    return {client, id.clock};
  }

  IncomingNames& names_of(IncomingStruct& item) {
    if (item.names == kNone) {
      item.names = static_cast<std::uint32_t>(update_.names.size());
      update_.names.emplace_back();
    }
    return update_.names[item.names];
  }

  void read_content(IncomingStruct& item) {
    if (item.kind == BlockKind::String) {
      const ColumnText string = decoder_.read_string();
      item.length = string.utf16_length;
      item.unicode = !string.ascii;
      return set_bytes(item, runnel::as_bytes(string.text));
    }
    if (item.kind == BlockKind::Deleted) {
      item.length = decoder_.read_len();
      ++update_.deleted_structs;
      return;
    }
    read_rarer_content(item);
  }

  void read_rarer_content(IncomingStruct& item) {
    RawContent content;
    content.kind = item.kind;
    ycpp::read_content(decoder_, content);
    item.length = content.length;
    item.form = content.form;
    const bool is_named = content.kind == BlockKind::Format || content.kind == BlockKind::Doc ||
                          (content.kind == BlockKind::Type && has_name(content.type));
    if (is_named) names_of(item).name = content.text;
    if (content.kind == BlockKind::Type) {
      item.type_kind = content.type;
    } else {
      set_bytes(item, content.values);
    }
  }

  void set_bytes(IncomingStruct& item, ByteView bytes) {
    item.content = bytes.data();
    item.content_bytes = static_cast<std::uint32_t>(bytes.size());
    update_.content_bytes += bytes.size();
  }

  UpdateDecoderV2& decoder_;
  BlockStore& store_;
  IncomingUpdate& update_;
  std::uint64_t structs_left_;
  ClientIndex client_{kNone};
  Clock clock_{0};  // of the next struct
  std::size_t begin_{0};
  ClientId last_id_;
  ClientIndex last_client_{kNone};
};

}  // namespace

Result<void> decode_update_v2(UpdateDecoderV2& decoder, std::size_t update_bytes, BlockStore& store,
                              IncomingUpdate& update) {
  update.clear();
  StructDecoderV2 structs(decoder, store, update);
  const std::uint64_t section_count = decoder.rest().var_uint();
  for (std::uint64_t i = 0; i < section_count && decoder.ok(); ++i) {
    const std::uint64_t count = decoder.rest().var_uint();
    const ClientId client = decoder.read_client();
    const Clock clock = decoder.rest().var_uint();
    structs.read_section(count, client, clock, update_bytes);
  }
  structs.close_section();
  if (decoder.ok()) structs.read_deletes();
  if (!decoder.ok()) return std::unexpected(decoder.error());
  return {};
}

}  // namespace ycpp
