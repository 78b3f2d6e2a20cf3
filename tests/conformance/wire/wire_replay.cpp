#include "wire_replay.h"

#include "history_file.h"
#include "ycpp/doc/doc.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/testing/hex.h"
#include "ycpp/update/convert.h"
#include "ycpp/update/diff.h"
#include "ycpp/update/format.h"
#include "ycpp/update/merge.h"
#include "ycpp/update/obfuscate.h"
#include "ycpp/update/update_meta.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ycpp::conformance {

namespace {

class WireReplay {
 public:
  explicit WireReplay(const Any& history) : history_(history) {}

  WireReport run() {
    const AnyArray* updates = field(history_, "updates").as_array();
    const AnyArray* steps = field(history_, "steps").as_array();
    if (updates == nullptr || steps == nullptr) {
      report_.failures.emplace_back("not a history");
      return std::move(report_);
    }
    for (const Any& update : *updates) check_update(update);
    std::vector<ByteView> all;
    for (const Any& update : *updates) all.push_back(bytes_of(update, "v1"));
    check_compact(all);
    for (const Any& step : *steps) {
      const std::string* kind = field(step, "do").as_string();
      if (kind != nullptr && *kind == "wire") check_step(step, *updates);
    }
    return std::move(report_);
  }

 private:
  void fail(std::string_view what, std::string_view detail) {
    report_.failures.push_back("seed " + std::to_string(number_of(field(history_, "seed"))) + ", " +
                               std::string(what) + ": " + std::string(detail));
  }

  void expect(std::string_view what, ByteView expected, const Result<Bytes>& actual) {
    ++report_.comparisons;
    if (!actual) {
      fail(what, runnel::to_string(actual.error()));
    } else if (!std::ranges::equal(*actual, expected)) {
      fail(what, "is " + testing::to_hex(*actual) + ", Yjs has " + testing::to_hex(expected));
    }
  }

  void check_update(const Any& update) {
    for (const auto& [name, format] :
         {std::pair{"v1", UpdateFormat::V1}, std::pair{"v2", UpdateFormat::V2}}) {
      ++report_.comparisons;
      const Result<UpdateFormat> recognised = recognise_update_format(bytes_of(update, name));
      if (!recognised || *recognised != format) {
        fail("recognition", testing::to_hex(bytes_of(update, name)));
      }
    }
  }

  static Result<Bytes> merge(const Any& step, const AnyArray& updates, std::string_view version,
                             UpdateFormat format) {
    std::vector<ByteView> views;
    for (const Any& number : *field(step, "updates").as_array()) {
      views.push_back(bytes_of(updates[number_of(number)], version));
    }
    return merge_updates(views, format);
  }

  void check_step(const Any& step, const AnyArray& updates) {
    const ByteView merged = bytes_of(step, "merged");
    const ByteView merged2 = bytes_of(step, "merged2");
    const ByteView vector = bytes_of(step, "vector");
    expect("merge V1", merged, merge(step, updates, "v1", UpdateFormat::V1));
    expect("merge V2", merged2, merge(step, updates, "v2", UpdateFormat::V2));
    expect("diff V1", bytes_of(step, "diff"), diff_update(merged, vector));
    expect("diff V2", bytes_of(step, "diff2"), diff_update(merged2, vector, UpdateFormat::V2));
    expect("state vector V1", bytes_of(step, "stateVector"),
           encode_state_vector_from_update(merged));
    expect("state vector V2", bytes_of(step, "stateVector2"),
           encode_state_vector_from_update(merged2, UpdateFormat::V2));
    expect("V1 to V2", bytes_of(step, "to2"), convert_update_format_v1_to_v2(merged));
    expect("V2 to V1", bytes_of(step, "to1"), convert_update_format_v2_to_v1(merged2));
    expect("obfuscation V1", bytes_of(step, "obfuscated"), obfuscate_update(merged));
    expect("obfuscation V2", bytes_of(step, "obfuscated2"),
           obfuscate_update(merged2, {.subdocs = false}, UpdateFormat::V2));
    check_meta(merged, field(step, "meta"));
    check_compact(v1_of(step, updates));
  }

  // What merge_updates_compact() joins, a document takes to the same state as the updates
  // themselves. Blocks may be cut elsewhere, so both states are joined before they are compared.
  void check_compact(const std::vector<ByteView>& views) {
    const Result<Bytes> compact = merge_updates_compact(views);
    const Result<Bytes> merged = merge_updates(views);
    if (!compact || !merged) return fail("compact merge", "refused");
    for (const bool gc : {false, true}) {
      expect("compact merge", joined_state({*merged}, gc).value_or(Bytes{}),
             joined_state({*compact}, gc));
    }
  }

  static std::vector<ByteView> v1_of(const Any& step, const AnyArray& updates) {
    std::vector<ByteView> views;
    for (const Any& number : *field(step, "updates").as_array()) {
      views.push_back(bytes_of(updates[number_of(number)], "v1"));
    }
    return views;
  }

  static Result<Bytes> joined_state(const std::vector<ByteView>& updates, bool gc) {
    DocOptions options;
    options.client_id = ClientId{kMaxSafeInteger};
    options.gc = gc;
    Doc doc{std::move(options)};
    for (const ByteView update : updates) RUNNEL_TRY_VOID(doc.apply_update_v1(update));
    const Bytes state = doc.encode_state_as_update();
    return merge_updates_compact(std::vector<ByteView>{state});
  }

  void check_meta(ByteView merged, const Any& meta) {
    ++report_.comparisons;
    const Result<std::vector<UpdateSpan>> spans = parse_update_meta(merged);
    if (!spans) return fail("meta", runnel::to_string(spans.error()));
    std::vector<std::pair<std::uint64_t, Clock>> from;
    std::vector<std::pair<std::uint64_t, Clock>> to;
    for (const UpdateSpan& span : *spans) {
      from.emplace_back(span.client.value(), span.from);
      to.emplace_back(span.client.value(), span.to);
    }
    std::ranges::sort(from);
    std::ranges::sort(to);
    if (from != pairs(field(meta, "from")) || to != pairs(field(meta, "to"))) {
      fail("meta", testing::to_hex(merged));
    }
  }

  static std::vector<std::pair<std::uint64_t, Clock>> pairs(const Any& value) {
    std::vector<std::pair<std::uint64_t, Clock>> out;
    if (const AnyArray* entries = value.as_array()) {
      for (const Any& entry : *entries) {
        const AnyArray& pair = *entry.as_array();
        out.emplace_back(number_of(pair.at(0)), number_of(pair.at(1)));
      }
    }
    return out;
  }

  const Any& history_;
  WireReport report_;
};

}  // namespace

WireReport replay_wire_steps(const Any& history) { return WireReplay{history}.run(); }

}  // namespace ycpp::conformance
