// Awareness: updates that are refused change nothing, and what a peer says is said on to the next.
#include "ycpp/sync/awareness.h"

#include "base/check.h"
#include "fuzz_target.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace std::chrono_literals;
  const runnel::ByteView input = runnel::fuzz::input(data, size);
  ycpp::Awareness awareness{ycpp::ClientId{1}, {.clients = 16, .state_bytes = 64}};
  awareness.set_local_state("{}", 0ms);
  const runnel::Bytes before = awareness.encode();
  const auto applied = awareness.apply(input, 1ms);
  if (!applied) {
    RUNNEL_CHECK(applied.error().byte <= input.size());
    RUNNEL_CHECK(awareness.encode() == before);
    return 0;
  }
  RUNNEL_CHECK(applied->outcomes.size() == ycpp::decode_awareness_update(input)->size());
  RUNNEL_CHECK(awareness.clients().size() <= 16);
  ycpp::Awareness next;
  RUNNEL_CHECK(next.apply(awareness.encode(), 2ms).has_value());
  awareness.check_outdated(40s);
  RUNNEL_CHECK(awareness.clients().size() <= 1);
  return 0;
}
