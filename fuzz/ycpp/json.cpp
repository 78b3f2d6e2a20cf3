// JSON: checking and parsing agree, and what stringifying writes parses to what stringifies the
// same.
#include "ycpp/encoding/json.h"

#include "base/check.h"
#include "fuzz_target.h"
#include "ycpp/encoding/utf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = runnel::as_text(runnel::fuzz::input(data, size));
  const bool is_json = ycpp::is_json(text);
  const ycpp::Result<ycpp::Any> value = ycpp::parse_json(text);
  RUNNEL_CHECK(value.has_value() == is_json);
  if (!value) {
    RUNNEL_CHECK(value.error().byte <= text.size());
    return 0;
  }
  if (!ycpp::measure_utf8(text).valid) return 0;
  const std::string written = ycpp::to_json(*value);
  const ycpp::Result<ycpp::Any> again = ycpp::parse_json(written);
  RUNNEL_CHECK(again.has_value());
  RUNNEL_CHECK(ycpp::to_json(*again) == written);
  return 0;
}
