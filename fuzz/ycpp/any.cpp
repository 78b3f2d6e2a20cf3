// The any decoder: reading and skipping agree, and what was read is written and read again as the
// same.
#include "ycpp/encoding/any.h"

#include "base/check.h"
#include "fuzz_target.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const runnel::ByteView input = runnel::fuzz::input(data, size);
  ycpp::ByteReader reading{input};
  const ycpp::Any value = ycpp::read_any(reading);
  ycpp::ByteReader skipping{input};
  const runnel::ByteView skipped = ycpp::skip_any(skipping);
  RUNNEL_CHECK(reading.ok() == skipping.ok());
  if (!reading.ok()) {
    RUNNEL_CHECK(reading.error("any").byte <= input.size());
    return 0;
  }
  RUNNEL_CHECK(skipped.size() == reading.offset());
  ycpp::ByteWriter writer;
  ycpp::write_any(writer, value);
  ycpp::ByteReader again{writer.view()};
  RUNNEL_CHECK(ycpp::read_any(again) == value && again.ok() && again.at_end());
  RUNNEL_CHECK(ycpp::is_json(ycpp::to_json(value)));
  return 0;
}
