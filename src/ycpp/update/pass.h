// Passing an update on without a document. Structs are written as Yjs writes those that it only
// decoded: the key of a map entry is known only where it was on the wire.
#pragma once

#include "ycpp/encoding/section_writer.h"
#include "ycpp/encoding/struct_reader.h"
#include "ycpp/update/delete_ranges.h"

#include <expected>
#include <type_traits>
#include <utility>
#include <vector>

namespace ycpp {

// The decoder and encoder of one format.
struct V1Codec {
  using Decoder = UpdateDecoderV1;
  using Encoder = UpdateEncoderV1;
  static constexpr UpdateFormat kFormat = UpdateFormat::V1;
};

struct V2Codec {
  using Decoder = UpdateDecoderV2;
  using Encoder = UpdateEncoderV2;
  static constexpr UpdateFormat kFormat = UpdateFormat::V2;
};

// Writes `raw` as it is. In V1 a struct that is still as it was read, so that `wire` is not empty,
// is copied.
template <class Encoder>
void copy_struct(SectionWriter<Encoder>& writer, const RawStruct& raw, Clock offset = 0) {
  if constexpr (std::is_same_v<Encoder, UpdateEncoderV1>) {
    if (offset == 0 && !raw.wire.empty()) {
      writer.start(raw.id.client, raw.id.clock, raw.content.length);
      ByteWriter& rest = writer.encoder().rest();
      rest.u8(raw.info);
      rest.bytes(raw.wire.subspan(1));
      return;
    }
  }
  writer.write(raw, offset);
}

// Writes `raw` as Yjs writes what it only decoded; changes its info byte to that.
template <class Encoder>
void pass_struct(SectionWriter<Encoder>& writer, RawStruct& raw, Clock offset = 0) {
  if (raw.is_item()) raw.info = decoded_info(raw);
  copy_struct(writer, raw, offset);
}

// Ends the pass once all structs are read: the delete set follows as it is.
template <class Decoder, class Encoder>
Result<Bytes> finish_pass(StructReader<Decoder>& reader, SectionWriter<Encoder>& writer) {
  if (!reader.ok()) return std::unexpected(reader.error());
  std::vector<DeleteSet::Range> deleted;
  reader.read_delete_ranges(deleted);
  if (!reader.ok()) return std::unexpected(reader.error());
  writer.finish_structs();
  write_delete_ranges(writer.encoder().rest(), Encoder::kFormat, std::move(deleted));
  return writer.finish();
}

}  // namespace ycpp
