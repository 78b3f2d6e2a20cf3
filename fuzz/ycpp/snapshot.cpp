// Snapshots in both formats: what was read is written and read again as the same, and a document
// that it is applied to is as it was afterwards, but for surrogate pairs that are cut, which Yjs
// damages too. Byte 0 chooses the format.
#include "ycpp/types/snapshot.h"

#include "base/check.h"
#include "fuzz_target.h"
#include "ycpp/doc/doc.h"
#include "ycpp/types/map.h"
#include "ycpp/types/text.h"

#include <string_view>

namespace {

using ycpp::Doc;
using ycpp::DocOptions;
using ycpp::Snapshot;

constexpr std::string_view kAscii = "abcdz";

DocOptions without_gc(std::uint64_t client) {
  DocOptions options;
  options.client_id = ycpp::ClientId{client};
  options.gc = false;
  return options;
}

// Text of three clients with a deletion, so that snapshots cut it in many places.
void fill(Doc& doc, std::string_view text) {
  for (const std::uint64_t client : {1U, 2U, 300U}) {
    doc.set_client_id(ycpp::ClientId{client});
    doc.get_text("t").insert(client % 3, text);
    doc.get_text("t").delete_text(1, 2);
    doc.get_map("m").set("k", static_cast<double>(client));
  }
}

void check_on_document(const Snapshot& snapshot, std::string_view text) {
  Doc doc{without_gc(1)};
  fill(doc, text);
  const Snapshot now = ycpp::snapshot(doc);
  const ycpp::Bytes before = doc.encode_state_as_update();
  static_cast<void>(doc.get_text("t").to_delta(snapshot));
  Doc restored{without_gc(9)};
  if (create_doc_from_snapshot(doc, snapshot, restored)) {
    ycpp::DeleteSet deleted = doc.delete_set();
    for (const auto& [client, ranges] : snapshot.delete_set().clients()) {
      for (const ycpp::ClockRange& range : ranges) deleted.add(client, range.clock, range.length);
    }
    RUNNEL_CHECK(deleted.covers(restored.delete_set()));
  }
  RUNNEL_CHECK(ycpp::snapshot(doc) == now);
  RUNNEL_CHECK(text != kAscii || doc.encode_state_as_update() == before);
  RUNNEL_CHECK(snapshot_contains_update(snapshot, before).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const bool v2 = data[0] % 2 == 1;
  const runnel::ByteView input = runnel::fuzz::input(data + 1, size - 1);
  const auto snapshot = v2 ? Snapshot::decode_v2(input) : Snapshot::decode(input);
  if (!snapshot) {
    RUNNEL_CHECK(snapshot.error().byte <= input.size());
    return 0;
  }
  RUNNEL_CHECK(Snapshot::decode(snapshot->encode()).value() == *snapshot);
  RUNNEL_CHECK(Snapshot::decode_v2(snapshot->encode_v2()).value() == *snapshot);
  check_on_document(*snapshot, kAscii);
  check_on_document(*snapshot, "ab\xF0\x9F\x98\x80z");
  return 0;
}
