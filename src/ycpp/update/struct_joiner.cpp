#include "ycpp/update/struct_joiner.h"

#include "ycpp/encoding/utf.h"

namespace ycpp {

RawStruct make_skip(Id id, Clock length) noexcept {
  RawStruct skip;
  skip.id = id;
  skip.info = static_cast<std::uint8_t>(BlockKind::Skip);
  skip.content.kind = BlockKind::Skip;
  skip.content.length = length;
  return skip;
}

// Two items become one where a document that holds both side by side makes them one: the second was
// written right behind the first, before the same neighbour, and holds the same kind of content. A
// document that has put something between them cuts the joined item there again and gets the same
// two. Map entries are left apart: only the last of them has a value.
template <class Encoder>
bool StructJoiner<Encoder>::can_join(const RawStruct& raw) const {
  if (waiting_.id.client != raw.id.client || waiting_.end() != raw.id.clock) return false;
  const BlockKind kind = waiting_.content.kind;
  if (kind != raw.content.kind) return false;
  if (kind == BlockKind::Gc) return true;
  const bool has_parts = kind == BlockKind::String || kind == BlockKind::Any ||
                         kind == BlockKind::Json || kind == BlockKind::Deleted;
  if (!has_parts || ((waiting_.info | raw.info) & kInfoParentSub) != 0) return false;
  const Id last{.client = waiting_.id.client, .clock = waiting_.end() - 1};
  if (!raw.has_origin() || raw.origin != last) return false;
  if (raw.has_right_origin() != waiting_.has_right_origin()) return false;
  return !raw.has_right_origin() || raw.right_origin == waiting_.right_origin;
}

template <class Encoder>
void StructJoiner<Encoder>::join(const RawStruct& raw) {
  RawContent& content = waiting_.content;
  waiting_.wire = {};
  content.length += raw.content.length;
  if (content.kind == BlockKind::Gc || content.kind == BlockKind::Deleted) return;
  const bool is_text = content.kind == BlockKind::String;
  if (!is_joined_) joined_ = is_text ? content.text : runnel::as_text(content.values);
  is_joined_ = true;
  if (is_text) {
    append_wtf8(joined_, raw.content.text);
    content.ascii = content.ascii && raw.content.ascii;
  } else {
    joined_ += runnel::as_text(raw.content.values);
  }
}

template <class Encoder>
void StructJoiner<Encoder>::put(const RawStruct& raw) {
  if (joins_ && is_waiting_ && can_join(raw)) {
    join(raw);
    return;
  }
  flush();
  waiting_ = raw;
  is_waiting_ = true;
}

template <class Encoder>
bool StructJoiner<Encoder>::extend_gc(const RawStruct& raw) {
  if (waiting_.content.kind != BlockKind::Gc || raw.content.kind != BlockKind::Gc) return false;
  waiting_.wire = {};
  waiting_.content.length += raw.content.length;
  return true;
}

template <class Encoder>
void StructJoiner<Encoder>::flush() {
  if (!is_waiting_) return;
  if (is_joined_) {
    waiting_.content.text = joined_;
    waiting_.content.values = runnel::as_bytes(joined_);
    is_joined_ = false;
  }
  if (joins_) {
    copy_struct(writer_, waiting_);
  } else {
    pass_struct(writer_, waiting_);
  }
  is_waiting_ = false;
}

template <class Encoder>
SectionWriter<Encoder>& StructJoiner<Encoder>::finish() {
  flush();
  return writer_;
}

template class StructJoiner<UpdateEncoderV1>;
template class StructJoiner<UpdateEncoderV2>;

}  // namespace ycpp
