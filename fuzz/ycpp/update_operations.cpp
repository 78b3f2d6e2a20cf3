// Merging, diffing, converting, obfuscating without a document: what comes out can be read and
// speaks of the same units and deletions.
#include "base/check.h"
#include "fuzz_target.h"
#include "update_list.h"
#include "ycpp/update/convert.h"
#include "ycpp/update/diff.h"
#include "ycpp/update/format.h"
#include "ycpp/update/merge.h"
#include "ycpp/update/obfuscate.h"
#include "ycpp/update/update_meta.h"

#include <algorithm>

namespace ycpp {
namespace {

void check_one(ByteView update, UpdateFormat format) {
  const UpdateFormat other = format == UpdateFormat::V1 ? UpdateFormat::V2 : UpdateFormat::V1;
  const Result<Bytes> converted = convert_update_format(update, format, other);
  const auto spans = parse_update_meta(update, format);
  const auto deleted = delete_set_of_update(update, format);
  RUNNEL_CHECK(converted.has_value() == deleted.has_value());
  if (!converted) return;
  RUNNEL_CHECK(spans.has_value());
  // Not `update` itself: bytes behind its end are passed over by who knows the format, and refused
  // by who has to guess it.
  const Result<Bytes> back = convert_update_format(*converted, other, format);
  RUNNEL_CHECK(back && recognise_update_format(*back).has_value());
  RUNNEL_CHECK(recognise_update_format(*converted).has_value());
  RUNNEL_CHECK(delete_set_of_update(*converted, other).value() == *deleted);
  const Result<Bytes> obfuscated = obfuscate_update(update, {}, format);
  RUNNEL_CHECK(obfuscated && parse_update_meta(*obfuscated, format).has_value());
  const Result<Bytes> vector = encode_state_vector_from_update(update, format);
  RUNNEL_CHECK(vector.has_value());
  RUNNEL_CHECK(diff_update(update, *vector, format).has_value());
  RUNNEL_CHECK(diff_update(update, StateVector{}, format).has_value());
}

void check_merge(const std::vector<ByteView>& updates, UpdateFormat format) {
  const Result<Bytes> merged = merge_updates(updates, format);
  const Result<Bytes> compact = merge_updates_compact(updates, format);
  RUNNEL_CHECK(merged.has_value() == compact.has_value());
  // One update alone comes back as it is, in whatever order its structs are.
  if (!merged || updates.size() == 1) return;
  RUNNEL_CHECK(parse_update_meta(*merged, format).value() ==
               parse_update_meta(*compact, format).value());
  RUNNEL_CHECK(delete_set_of_update(*merged, format).value() ==
               delete_set_of_update(*compact, format).value());
  RUNNEL_CHECK(compact->size() <= merged->size() + (16 * updates.size()) + 64);
  const std::vector<ByteView> twice{*merged, *merged};
  RUNNEL_CHECK(merge_updates(twice, format).has_value());
}

}  // namespace
}  // namespace ycpp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto updates = ycpp::fuzz::read_update_list(runnel::fuzz::input(data, size));
  for (const ycpp::UpdateFormat format : {ycpp::UpdateFormat::V1, ycpp::UpdateFormat::V2}) {
    std::vector<runnel::ByteView> views;
    for (const ycpp::fuzz::ListedUpdate& update : updates) {
      if (update.format != format) continue;
      ycpp::check_one(update.bytes, format);
      views.push_back(update.bytes);
    }
    ycpp::check_merge(views, format);
  }
  return 0;
}
