#include "ycpp/update/update_meta.h"

#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/struct_reader.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ycpp {

namespace {

template <class Decoder>
Result<std::vector<UpdateSpan>> read_spans(ByteView update) {
  StructReader<Decoder> reader{update};
  std::vector<UpdateSpan> spans;
  std::map<ClientId, std::size_t> places;
  RawStruct raw;
  std::size_t place = 0;
  while (reader.next(raw)) {
    if (spans.empty() || spans[place].client != raw.id.client) {
      const auto [found, is_new] = places.try_emplace(raw.id.client, spans.size());
      place = found->second;
      if (is_new) spans.push_back({.client = raw.id.client});
      spans[place].from = raw.id.clock;
    }
    spans[place].to = raw.end();
  }
  if (!reader.ok()) return std::unexpected(reader.error());
  return spans;
}

template <class Decoder>
Result<Bytes> state_vector_of(ByteView update) {
  StructReader<Decoder> reader{update};
  std::vector<StateVector::Entry> entries;
  RawStruct raw;
  bool counting = false;
  while (reader.next(raw)) {
    if (entries.empty() || entries.back().client != raw.id.client) {
      counting = raw.id.clock == 0;
      entries.push_back({.client = raw.id.client, .clock = 0});
    }
    if (raw.content.kind == BlockKind::Skip) counting = false;
    if (counting) entries.back().clock = raw.end();
  }
  if (!reader.ok()) return std::unexpected(reader.error());
  std::erase_if(entries, [](const StateVector::Entry& entry) { return entry.clock == 0; });
  ByteWriter writer;
  writer.var_uint(entries.size());
  for (const StateVector::Entry& entry : entries) {
    writer.var_uint(entry.client.value());
    writer.var_uint(entry.clock);
  }
  return writer.to_bytes();
}

template <class Decoder>
Result<DeleteSet> read_deleted(ByteView update) {
  StructReader<Decoder> reader{update};
  RawStruct raw;
  while (reader.next(raw)) {
  }
  if (!reader.ok()) return std::unexpected(reader.error());
  DeleteSet deleted = reader.read_delete_set();
  if (!reader.ok()) return std::unexpected(reader.error());
  return deleted;
}

}  // namespace

Result<std::vector<UpdateSpan>> parse_update_meta(ByteView update, UpdateFormat format) {
  return format == UpdateFormat::V1 ? read_spans<UpdateDecoderV1>(update)
                                    : read_spans<UpdateDecoderV2>(update);
}

Result<Bytes> encode_state_vector_from_update(ByteView update, UpdateFormat format) {
  return format == UpdateFormat::V1 ? state_vector_of<UpdateDecoderV1>(update)
                                    : state_vector_of<UpdateDecoderV2>(update);
}

Result<DeleteSet> delete_set_of_update(ByteView update, UpdateFormat format) {
  return format == UpdateFormat::V1 ? read_deleted<UpdateDecoderV1>(update)
                                    : read_deleted<UpdateDecoderV2>(update);
}

}  // namespace ycpp
