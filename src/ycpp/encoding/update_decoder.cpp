#include "ycpp/encoding/update_decoder.h"

#include "ycpp/encoding/any.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/json.h"

#include <array>

namespace ycpp {

namespace {

constexpr std::string_view kUndefined = "undefined";

bool is_json_or_undefined(std::string_view text) noexcept {
  return text == kUndefined || is_json(text);
}

}  // namespace

ByteView UpdateDecoderV1::read_json() noexcept {
  const std::uint8_t* const start = rest_.position();
  const std::string_view text = rest_.var_string();
  if (rest_.ok() && !is_json(text)) rest_.set_error_at("value is not JSON", start);
  return runnel::as_bytes(text);
}

ByteView UpdateDecoderV1::read_json_strings(std::uint64_t count) noexcept {
  const std::uint8_t* const start = rest_.position();
  for (std::uint64_t i = 0; i < count && rest_.ok(); ++i) {
    const std::uint8_t* const string_start = rest_.position();
    const std::string_view text = rest_.var_string();
    if (rest_.ok() && !is_json_or_undefined(text)) {
      rest_.set_error_at("value is not JSON", string_start);
    }
  }
  if (!rest_.ok()) return {};
  return {start, rest_.position()};
}

UpdateDecoderV2::UpdateDecoderV2(ByteView update) : rest_(update) {
  constexpr std::uint64_t kStructsFree = std::uint64_t{1} << 18U;
  constexpr std::uint64_t kStructsPerByte = 64;
  structs_max_ = kStructsFree + (update.size() * kStructsPerByte);
  rest_.report_to(&failed_);
  if (rest_.var_uint() != 0) rest_.set_error_at("feature flag is not zero", update.data());
  const auto column = [this, &update] {
    ByteReader reader{rest_.var_bytes(), update.data()};
    reader.report_to(&failed_);
    return reader;
  };
  key_clock_ = IntDiffOptRleReader{column()};
  client_ = UintOptRleReader{column()};
  left_clock_ = IntDiffOptRleReader{column()};
  right_clock_ = IntDiffOptRleReader{column()};
  info_ = RleByteReader{column()};
  const ByteReader strings = column();
  if (rest_.ok()) string_ = StringReader{strings};
  parent_info_ = RleByteReader{column()};
  type_ref_ = UintOptRleReader{column()};
  len_ = UintOptRleReader{column()};
}

Error UpdateDecoderV2::error() const {
  const std::array<std::pair<const char*, const ByteReader*>, 11> readers{{
      {"update (V2)", &rest_},
      {"update (V2), strings", &string_.failed_blob()},
      {"update (V2), keys", &key_clock_.in()},
      {"update (V2), clients", &client_.in()},
      {"update (V2), left clocks", &left_clock_.in()},
      {"update (V2), right clocks", &right_clock_.in()},
      {"update (V2), infos", &info_.in()},
      {"update (V2), string lengths", &string_.in()},
      {"update (V2), parents", &parent_info_.in()},
      {"update (V2), types", &type_ref_.in()},
      {"update (V2), lengths", &len_.in()},
  }};
  for (const auto& [doing, reader] : readers) {
    if (!reader->ok()) return reader->error(doing);
  }
  return rest_.error("update (V2)");
}

std::string_view UpdateDecoderV2::read_key() {
  const std::uint64_t key_clock = key_clock_.read();
  if (key_clock < keys_.size()) return keys_[static_cast<std::size_t>(key_clock)];
  const std::string_view key = string_.read().text;
  keys_.push_back(key);
  return key;
}

ByteView UpdateDecoderV2::read_json() noexcept { return skip_any(rest_); }

ByteView UpdateDecoderV2::read_json_strings(std::uint64_t count) {
  ByteWriter writer;
  for (std::uint64_t i = 0; i < count && ok(); ++i) {
    const std::string_view text = string_.read().text;
    if (ok() && !is_json_or_undefined(text)) string_.in().set_error("value is not JSON");
    writer.var_string(text);
  }
  assembled_.push_back(writer.to_bytes());
  return assembled_.back();
}

}  // namespace ycpp
