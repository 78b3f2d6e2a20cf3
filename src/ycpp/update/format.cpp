#include "ycpp/update/format.h"

#include "ycpp/encoding/struct_reader.h"

#include <algorithm>
#include <vector>

namespace ycpp {

namespace {

// Nothing when the bytes are V2 to the last one.
Result<void> check_v2(ByteView update) {
  StructReaderV2 reader{update};
  RawStruct raw;
  while (reader.next(raw)) {
  }
  std::vector<DeleteSet::Range> ranges;
  if (reader.ok()) reader.read_delete_ranges(ranges);
  if (!reader.ok()) return std::unexpected(reader.error());
  if (!reader.decoder().rest().at_end()) {
    return runnel::fail(Errc::Malformed, "update (V2): bytes behind its end",
                        reader.decoder().rest().offset());
  }
  return {};
}

}  // namespace

bool is_canonical_v1_deletes(ByteView update) {
  if (update.empty() || update.front() != 0) return false;
  const Result<DeleteSet> deleted = DeleteSet::decode(update.subspan(1), UpdateFormat::V1);
  return deleted && std::ranges::equal(deleted->encode(UpdateFormat::V1), update.subspan(1));
}

Result<UpdateFormat> recognise_update_format(ByteView update) {
  if (update.empty()) {
    return runnel::fail(Errc::Malformed, "an update has at least two bytes", 0);
  }
  if (update.front() != 0) return UpdateFormat::V1;
  if (is_canonical_v1_deletes(update)) return UpdateFormat::V1;
  const Result<void> second = check_v2(update);
  if (second) return UpdateFormat::V2;
  const Result<DeleteSet> deleted = DeleteSet::decode(update.subspan(1), UpdateFormat::V1);
  if (deleted) return UpdateFormat::V1;
  return runnel::fail(Errc::Malformed,
                      "neither an update in format V1 nor one in V2; " + second.error().detail,
                      second.error().byte);
}

}  // namespace ycpp
