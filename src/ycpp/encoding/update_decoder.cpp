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

ByteView first_column(ByteReader& rest, ByteView update) noexcept {
  if (rest.var_uint() != 0) rest.set_error_at("feature flag is not zero", update.data());
  return rest.var_bytes();
}

// An update that ends before the column of texts has failed by that alone.
ByteView string_column(ByteReader& rest) noexcept {
  static constexpr std::uint8_t kEmpty[]{0};
  const ByteView column = rest.var_bytes();
  return rest.ok() ? column : ByteView{kEmpty};
}

// The kind of the struct with this info byte.
BlockKind kind_of(std::uint8_t info) noexcept {
  return static_cast<BlockKind>(info & kInfoKindMask);
}

// The first number of a column of clients.
std::uint64_t first_number(ByteView column) noexcept {
  ByteReader reader{column};
  return reader.var_int().magnitude;
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

// Every column is made in its place: copying readers that were just written costs more than the
// rest of this.
UpdateDecoderV2::UpdateDecoderV2(ByteView update)
    : rest_(update, update.data(), &failed_),
      key_clock_(first_column(rest_, update), update.data(), &failed_),
      client_(rest_.var_bytes(), update.data(), &failed_),
      left_clock_(rest_.var_bytes(), update.data(), &failed_),
      right_clock_(rest_.var_bytes(), update.data(), &failed_),
      info_(rest_.var_bytes(), update.data(), &failed_),
      string_(string_column(rest_), update.data(), &failed_),
      parent_info_(rest_.var_bytes(), update.data(), &failed_),
      type_ref_(rest_.var_bytes(), update.data(), &failed_),
      len_(rest_.var_bytes(), update.data(), &failed_) {
  constexpr std::uint64_t kStructsFree = std::uint64_t{1} << 18U;
  constexpr std::uint64_t kStructsPerByte = 64;
  structs_max_ = kStructsFree + (update.size() * kStructsPerByte);
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

std::optional<Id> peek_first_struct(ByteView update, UpdateFormat format) noexcept {
  ByteReader reader{update};
  Id id;
  std::uint8_t info = 0;
  ByteView clients;
  if (format == UpdateFormat::V2) {
    if (reader.u8() != 0) return std::nullopt;
    reader.var_bytes();  // keys
    clients = reader.var_bytes();
    reader.var_bytes();  // left clocks
    reader.var_bytes();  // right clocks
    const ByteView infos = reader.var_bytes();
    constexpr int kBehindInfos = 4;
    for (int i = 0; i < kBehindInfos; ++i) reader.var_bytes();
    if (clients.empty() || infos.empty()) return std::nullopt;
    info = infos.front();
    id.client = ClientId{first_number(clients)};
  }
  if (reader.var_uint() == 0 || reader.var_uint() == 0) return std::nullopt;
  if (format == UpdateFormat::V1) id.client = ClientId{reader.var_uint()};
  id.clock = reader.var_uint();
  if (format == UpdateFormat::V1) info = reader.u8();
  if (!reader.ok() || kind_of(info) == BlockKind::Skip) return std::nullopt;
  return id;
}

}  // namespace ycpp
