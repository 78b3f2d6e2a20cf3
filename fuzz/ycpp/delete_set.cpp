// Delete sets in both formats: what was read is written and read again as the same, and covers
// itself.
#include "ycpp/delete_set.h"

#include "base/check.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const runnel::ByteView input = runnel::fuzz::input(data, size);
  for (const ycpp::UpdateFormat format : {ycpp::UpdateFormat::V1, ycpp::UpdateFormat::V2}) {
    const auto set = ycpp::DeleteSet::decode(input, format);
    if (!set) {
      RUNNEL_CHECK(set.error().byte <= input.size());
      continue;
    }
    RUNNEL_CHECK(ycpp::DeleteSet::decode(set->encode(format), format).value() == *set);
    RUNNEL_CHECK(set->covers(*set));
    ycpp::DeleteSet one_by_one;
    for (const auto& [client, ranges] : set->clients()) {
      for (const ycpp::ClockRange& range : ranges) {
        RUNNEL_CHECK(set->contains({.client = client, .clock = range.clock}));
        RUNNEL_CHECK(!set->contains({.client = client, .clock = range.end()}));
        one_by_one.add(client, range.clock, range.length);
      }
    }
    RUNNEL_CHECK(one_by_one == *set);
  }
  return 0;
}
