#include "ycpp/update/convert.h"

#include "ycpp/update/pass.h"

#include <vector>

namespace ycpp {

namespace {

template <class From, class To>
Result<Bytes> convert(ByteView update) {
  StructReader<typename From::Decoder> reader{update};
  SectionWriter<typename To::Encoder> writer;
  RawStruct raw;
  while (reader.next(raw)) {
    raw.wire = {};
    pass_struct(writer, raw);
  }
  return finish_pass(reader, writer);
}

template <class Codec>
Result<Bytes> checked(ByteView update) {
  StructReader<typename Codec::Decoder> reader{update};
  RawStruct raw;
  while (reader.next(raw)) {
  }
  std::vector<DeleteSet::Range> deleted;
  if (reader.ok()) reader.read_delete_ranges(deleted);
  if (!reader.ok()) return std::unexpected(reader.error());
  return runnel::to_bytes(update);
}

}  // namespace

Result<Bytes> convert_update_format_v1_to_v2(ByteView update) {
  return convert<V1Codec, V2Codec>(update);
}

Result<Bytes> convert_update_format_v2_to_v1(ByteView update) {
  return convert<V2Codec, V1Codec>(update);
}

Result<Bytes> convert_update_format(ByteView update, UpdateFormat from, UpdateFormat to) {
  if (from == to) {
    return from == UpdateFormat::V1 ? checked<V1Codec>(update) : checked<V2Codec>(update);
  }
  return from == UpdateFormat::V1 ? convert_update_format_v1_to_v2(update)
                                  : convert_update_format_v2_to_v1(update);
}

}  // namespace ycpp
