#include "ycpp/doc/decode_v2.h"

#include "base/bytes.h"

namespace ycpp {

namespace {

class StructCollector {
 public:
  StructCollector(const StructReaderV2& reader, std::size_t update_bytes, BlockStore& store,
                  IncomingUpdate& update) noexcept
      : reader_(reader), update_bytes_(update_bytes), store_(store), update_(update) {}

  Result<void> add(const RawStruct& raw) {
    const ClientIndex client = intern(raw.id.client);
    if (client != client_) update_.expect_structs(reader_.structs_left() + 1, update_bytes_);
    if (client != client_ || raw.id.clock != next_clock_) close_section();
    client_ = client;
    next_clock_ = raw.end();
    if (raw.content.kind == BlockKind::Skip) {
      close_section();
      return {};
    }
    IncomingStruct& item = update_.structs.emplace_back();
    item.clock = raw.id.clock;
    item.length = raw.content.length;
    item.kind = raw.content.kind;
    if (item.kind == BlockKind::Gc) return {};
    if (refers_to_later(raw)) return fail(Errc::Malformed, "reference to a later unit");
    if (raw.has_origin()) item.set_origin(local(raw.origin));
    if (raw.has_right_origin()) item.set_right_origin(local(raw.right_origin));
    if (raw.parent_kind != ParentKind::Neighbour) add_place(raw, item);
    add_content(raw.content, item);
    return {};
  }

  void close_section() {
    const std::size_t end = update_.structs.size();
    if (begin_ != end) update_.sections.push_back({client_, begin_, end});
    begin_ = end;
  }

  ClientIndex intern(ClientId id) {
    if (last_client_ == kNone || !(last_id_ == id)) {
      last_id_ = id;
      last_client_ = store_.intern_client(id);
    }
    return last_client_;
  }

 private:
  static bool refers_to_later(const RawStruct& raw) noexcept {
    const auto is_later = [&](bool is_set, const Id& id) {
      return is_set && id.client == raw.id.client && id.clock >= raw.id.clock;
    };
    return is_later(raw.has_origin(), raw.origin) ||
           is_later(raw.has_right_origin(), raw.right_origin) ||
           is_later(raw.parent_kind == ParentKind::Item, raw.parent_item);
  }

  LocalId local(Id id) { return {intern(id.client), id.clock}; }

  IncomingNames& names_of(IncomingStruct& item) {
    if (item.names == kNone) {
      item.names = static_cast<std::uint32_t>(update_.names.size());
      update_.names.emplace_back();
    }
    return update_.names[item.names];
  }

  void add_place(const RawStruct& raw, IncomingStruct& item) {
    IncomingNames& names = names_of(item);
    names.has_root = raw.parent_kind == ParentKind::Root;
    if (names.has_root) {
      names.root = raw.parent_root;
    } else {
      names.parent = local(raw.parent_item);
    }
    names.has_key = raw.has_parent_sub;
    names.key = raw.parent_sub;
  }

  void add_content(const RawContent& content, IncomingStruct& item) {
    item.form = content.form;
    item.unicode = !content.ascii;
    switch (content.kind) {
      case BlockKind::String:
        return set_bytes(item, runnel::as_bytes(content.text));
      case BlockKind::Json:
      case BlockKind::Any:
      case BlockKind::Binary:
      case BlockKind::Embed:
        return set_bytes(item, content.values);
      case BlockKind::Format:
      case BlockKind::Doc:
        names_of(item).name = content.text;
        return set_bytes(item, content.values);
      case BlockKind::Type:
        item.type_kind = content.type;
        if (has_name(content.type)) names_of(item).name = content.text;
        return;
      case BlockKind::Deleted:
        ++update_.deleted_structs;
        return;
      case BlockKind::Gc:
      case BlockKind::Skip:
        return;
    }
  }

  void set_bytes(IncomingStruct& item, ByteView bytes) {
    item.content = bytes.data();
    item.content_bytes = static_cast<std::uint32_t>(bytes.size());
    update_.content_bytes += bytes.size();
  }

  const StructReaderV2& reader_;
  std::size_t update_bytes_;
  BlockStore& store_;
  IncomingUpdate& update_;
  ClientIndex client_{kNone};
  Clock next_clock_{0};
  std::size_t begin_{0};
  ClientId last_id_;
  ClientIndex last_client_{kNone};
};

}  // namespace

Result<void> decode_update_v2(StructReaderV2& reader, std::size_t update_bytes, BlockStore& store,
                              IncomingUpdate& update) {
  update.clear();
  StructCollector collector(reader, update_bytes, store, update);
  RawStruct raw;
  while (reader.next(raw)) RUNNEL_TRY_VOID(collector.add(raw));
  collector.close_section();
  if (!reader.ok()) return std::unexpected(reader.error());
  std::vector<DeleteSet::Range> ranges;
  reader.read_delete_ranges(ranges);
  if (!reader.ok()) return std::unexpected(reader.error());
  for (const DeleteSet::Range& range : ranges) {
    if (range.range.length > 0)
      update.deletes.push_back({collector.intern(range.client), range.range});
  }
  return {};
}

}  // namespace ycpp
