#include "runnel/server/shown_content.h"

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/value_walk.h"
#include "ycpp/encoding/byte_writer.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::server {

namespace {

using ycpp::BlockIndex;
using ycpp::BlockKind;
using ycpp::TypeIndex;

using Formats = std::map<std::string, Bytes>;

// What is written, as a grammar:
//
//   type    = { mark 'k' key content } sequence
//   sequence = { [ mark 'f' count { key value } ] content }   'f' where the formatting changes
//   content = mark 's' text | mark 'a' values | mark kind bytes | mark 't' kind name type mark 'e'
//
// Blocks of text and of values that follow each other are one content, however they were typed: the
// mark is a byte that begins neither a character nor a value.
constexpr std::uint8_t kMark = 0xFF;

// One type that is being written. On the heap, for types nest as deep as their author likes.
struct Frame {
  std::vector<std::pair<std::string_view, BlockIndex>> keys;  // sorted
  std::size_t next_key{0};
  BlockIndex next{ycpp::kNone};
  Formats formats;
  Formats written;
  BlockKind last{BlockKind::Gc};  // of the content before
};

class Writer {
 public:
  explicit Writer(const ycpp::BlockStore& store) : store_(store) {}

  Bytes type(TypeIndex index) {
    enter(index);
    while (!frames_.empty()) step();
    return out_.to_bytes();
  }

 private:
  void mark(char what) {
    out_.u8(kMark);
    out_.u8(static_cast<std::uint8_t>(what));
  }

  void enter(TypeIndex index) {
    const ycpp::TypeNode& node = store_.types[index];
    Frame frame;
    for (ycpp::EntryIndex at = node.first_entry; at != ycpp::kNone; at = store_.entries[at].next) {
      const ycpp::KeyEntry& entry = store_.entries[at];
      if (entry.last != ycpp::kNone && !is_deleted(entry.last)) {
        frame.keys.emplace_back(store_.names.text(entry.key), entry.last);
      }
    }
    std::ranges::sort(frame.keys);
    frame.next = node.start;
    frames_.push_back(std::move(frame));
  }

  void step() {
    const std::size_t depth = frames_.size() - 1;
    Frame& frame = frames_[depth];
    if (frame.next_key < frame.keys.size()) {
      const auto [key, block] = frame.keys[frame.next_key++];
      mark('k');
      out_.var_string(key);
      content(frame, block);
      frames_[depth].last = BlockKind::Gc;
    } else if (frame.next != ycpp::kNone) {
      const BlockIndex block = std::exchange(frame.next, store_.blocks[frame.next].right);
      if (!is_deleted(block)) in_sequence(frame, block);
    } else {
      frames_.pop_back();
      if (depth > 0) mark('e');
    }
  }

  [[nodiscard]] bool is_deleted(BlockIndex block) const {
    return (store_.blocks[block].flags & ycpp::block_flag::kDeleted) != 0;
  }

  void in_sequence(Frame& frame, BlockIndex block) {
    const BlockKind kind = store_.blocks[block].kind;
    if (kind == BlockKind::Format) {
      note_format(frame, store_.content_view(block));
      return;
    }
    if (!ycpp::is_countable(kind)) return;
    if (frame.formats != frame.written) {
      mark('f');
      out_.var_uint(frame.formats.size());
      for (const auto& [key, value] : frame.formats) {
        out_.var_string(key);
        out_.var_bytes(value);
      }
      frame.written = frame.formats;
      frame.last = BlockKind::Gc;
    }
    content(frame, block);
  }

  static void note_format(Frame& frame, ByteView bytes) {
    constexpr std::uint8_t kAnyNull = 126;
    const std::size_t key_bytes = ycpp::walk::var_bytes(bytes.data());
    const std::uint8_t* at = bytes.data();
    const std::uint64_t key_length = ycpp::walk::var_uint(at);
    std::string key(as_text(ByteView(at, static_cast<std::size_t>(key_length))));
    const ByteView value = bytes.subspan(key_bytes);
    // The form and a length of one byte come before a value as short as a null.
    const bool is_json = value.front() == static_cast<std::uint8_t>(ycpp::ValueForm::Json);
    const ByteView plain = value.subspan(std::min<std::size_t>(2, value.size()));
    const bool is_null =
        is_json ? as_text(plain) == "null" : plain.size() == 1 && plain.front() == kAnyNull;
    if (is_null) {
      frame.formats.erase(key);
    } else {
      frame.formats.insert_or_assign(std::move(key), to_bytes(value));
    }
  }

  // May enter a type, after which `frame` is no more to be used.
  void content(Frame& frame, BlockIndex block) {
    const BlockKind kind = store_.blocks[block].kind;
    const BlockKind last = std::exchange(frame.last, kind);
    switch (kind) {
      case BlockKind::String:
        if (last != kind) mark('s');
        out_.bytes(store_.content_view(block));
        return;
      case BlockKind::Any:
        if (last != kind) mark('a');
        out_.bytes(store_.content_view(block));
        return;
      case BlockKind::Json:
      case BlockKind::Binary:
      case BlockKind::Embed:
        mark(static_cast<char>('0' + static_cast<int>(kind)));
        out_.var_bytes(store_.content_view(block));
        return;
      case BlockKind::Doc: {
        const ycpp::SubdocumentRecord& inner = store_.subdocuments[store_.blocks[block].content];
        mark('d');
        out_.var_string(inner.guid);
        out_.var_bytes(inner.options);
        return;
      }
      case BlockKind::Type: {
        const TypeIndex index = store_.type_of(block);
        const ycpp::TypeNode& node = store_.types[index];
        mark('t');
        out_.u8(static_cast<std::uint8_t>(node.kind));
        out_.var_string(node.name == ycpp::kNone ? std::string_view()
                                                 : store_.names.text(node.name));
        enter(index);
        return;
      }
      case BlockKind::Format:
      case BlockKind::Gc:
      case BlockKind::Deleted:
      case BlockKind::Skip:
        return;
    }
  }

  const ycpp::BlockStore& store_;
  ycpp::ByteWriter out_;
  std::vector<Frame> frames_;
};

}  // namespace

Bytes shown_content(const ycpp::Doc& doc) {
  const ycpp::BlockStore& store = doc.store();
  std::vector<std::pair<std::string_view, TypeIndex>> roots;
  roots.reserve(store.roots.size());
  for (const TypeIndex root : store.roots) {
    roots.emplace_back(store.names.text(store.types[root].name), root);
  }
  std::ranges::sort(roots);
  ycpp::ByteWriter out;
  for (const auto& [name, root] : roots) {
    const Bytes shown = Writer(store).type(root);
    if (shown.empty()) continue;
    out.var_string(name);
    out.var_bytes(shown);
  }
  return out.to_bytes();
}

}  // namespace runnel::server
