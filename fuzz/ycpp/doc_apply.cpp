// Doc::apply_update. An update that is refused leaves the document as it was; one that is accepted
// leaves a document whose encoding another document takes to the same state.
#include "base/check.h"
#include "fuzz_target.h"
#include "update_list.h"
#include "ycpp/doc/doc.h"

#include <utility>

namespace ycpp {
namespace {

DocOptions with_client(std::uint64_t client, bool gc) {
  DocOptions options;
  options.client_id = ClientId{client};
  options.gc = gc;
  return options;
}

void apply_all(Doc& doc, const std::vector<fuzz::ListedUpdate>& updates) {
  for (const fuzz::ListedUpdate& update : updates) {
    const Bytes before = doc.encode_state_as_update();
    const Result<void> applied = update.format == UpdateFormat::V1
                                     ? doc.apply_update_v1(update.bytes)
                                     : doc.apply_update_v2(update.bytes);
    if (applied) continue;
    // What is wrong with the update as a whole, such as an origin that cannot be, has no byte.
    RUNNEL_CHECK(applied.error().byte == Error::kNoByte ||
                 applied.error().byte <= update.bytes.size());
    RUNNEL_CHECK(doc.encode_state_as_update() == before);
  }
}

// What waits is in the copy's update too. Where it has an id that the document knows with another
// content, which only hostile writers make, its rest may go in right behind in the copy.
void check_state(Doc& copy, Doc& doc) {
  if (doc.pending_bytes() == 0) {
    RUNNEL_CHECK(copy.state_vector() == doc.state_vector());
    return;
  }
  const StateVector known = doc.state_vector();
  const StateVector copied = copy.state_vector();
  for (const StateVector::Entry& entry : known.entries()) {
    RUNNEL_CHECK(copied.clock(entry.client) >= entry.clock);
  }
}

// The copy may have deleted more: a map entry of several units, which only hostile writers make, is
// cut where a delete starts, and the part behind it then takes the place of the one before.
void check_copy(Doc& doc) {
  Doc from_v1{with_client(kMaxSafeInteger - 1, false)};
  RUNNEL_CHECK(from_v1.apply_update_v1(doc.encode_state_as_update()).has_value());
  check_state(from_v1, doc);
  RUNNEL_CHECK(from_v1.delete_set().covers(doc.delete_set()));
  Doc from_v2{with_client(kMaxSafeInteger - 2, true)};
  RUNNEL_CHECK(from_v2.apply_update_v2(doc.encode_state_as_update_v2()).has_value());
  check_state(from_v2, doc);
  RUNNEL_CHECK(from_v2.delete_set().covers(doc.delete_set()));
}

}  // namespace
}  // namespace ycpp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto updates = ycpp::fuzz::read_update_list(runnel::fuzz::input(data, size));
  for (const bool gc : {true, false}) {
    ycpp::Doc doc{ycpp::with_client(ycpp::kMaxSafeInteger, gc)};
    ycpp::apply_all(doc, updates);
    ycpp::check_copy(doc);
  }
  // So few steps that updates are taken back half-way.
  for (const std::uint64_t steps : {0U, 2U}) {
    ycpp::DocOptions options = ycpp::with_client(ycpp::kMaxSafeInteger, true);
    options.conflict_steps_max = steps;
    ycpp::Doc doc{std::move(options)};
    ycpp::apply_all(doc, updates);
    ycpp::check_copy(doc);
  }
  return 0;
}
