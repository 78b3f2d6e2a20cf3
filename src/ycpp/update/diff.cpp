#include "ycpp/update/diff.h"

#include "ycpp/update/pass.h"

namespace ycpp {

namespace {

template <class Codec>
Result<Bytes> diff(ByteView update, const StateVector& state_vector) {
  StructReader<typename Codec::Decoder> reader{update};
  SectionWriter<typename Codec::Encoder> writer;
  RawStruct raw;
  bool is_first = true;
  ClientId client;
  Clock known = 0;
  bool writing = false;  // the first struct that is news was written: all that follows is
  while (reader.next(raw)) {
    if (is_first || raw.id.client != client) {
      is_first = false;
      client = raw.id.client;
      known = state_vector.clock(client);
      writing = false;
    }
    if (writing) {
      pass_struct(writer, raw);
    } else if (raw.end() > known && raw.content.kind != BlockKind::Skip) {
      pass_struct(writer, raw, known > raw.id.clock ? known - raw.id.clock : 0);
      writing = true;
    }
  }
  return finish_pass(reader, writer);
}

}  // namespace

Result<Bytes> diff_update(ByteView update, const StateVector& state_vector, UpdateFormat format) {
  return format == UpdateFormat::V1 ? diff<V1Codec>(update, state_vector)
                                    : diff<V2Codec>(update, state_vector);
}

Result<Bytes> diff_update(ByteView update, ByteView state_vector, UpdateFormat format) {
  const StateVector decoded = RUNNEL_TRY(StateVector::decode(state_vector));
  return diff_update(update, decoded, format);
}

}  // namespace ycpp
