// State vectors: what was read is written and read again as the same, and covers itself.
#include "ycpp/state_vector.h"

#include "base/check.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const runnel::ByteView input = runnel::fuzz::input(data, size);
  const auto vector = ycpp::StateVector::decode(input);
  if (!vector) {
    RUNNEL_CHECK(vector.error().byte <= input.size());
    return 0;
  }
  RUNNEL_CHECK(ycpp::StateVector::decode(vector->encode()).value() == *vector);
  RUNNEL_CHECK(vector->covers(*vector));
  ycpp::StateVector merged;
  merged.merge(*vector);
  RUNNEL_CHECK(merged == *vector);
  return 0;
}
