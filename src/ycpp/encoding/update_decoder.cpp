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

[[gnu::noinline]] ByteView long_column(const std::uint8_t* at, const std::uint8_t* end) noexcept {
  ByteReader reader{ByteView{at, end}};
  const ByteView column = reader.var_bytes();
  return reader.ok() ? column : ByteView{end, end};
}

// The column whose size stands at `at`, which goes behind it. If there is less of the column than
// its size says, nothing is left for it and for those behind it. Small updates are little more than
// their columns.
[[gnu::always_inline]] inline ByteView take_column(const std::uint8_t*& at,
                                                   const std::uint8_t* end) noexcept {
  constexpr std::ptrdiff_t kLong = 0x80;
  const std::ptrdiff_t size = at != end ? *at : kLong;
  if (size >= kLong || size >= end - at) [[unlikely]] {
    const ByteView column = long_column(at, end);
    at = column.data() + column.size();
    return column;
  }
  const std::uint8_t* const begin = at + 1;
  at = begin + size;
  return {begin, at};
}

struct Number {
  std::uint64_t value{0};
  const std::uint8_t* end{nullptr};  // behind it; null where there is none
};

[[gnu::noinline]] Number long_number(const std::uint8_t* at, const std::uint8_t* end) noexcept {
  ByteReader reader{ByteView{at, end}};
  const std::uint64_t value = reader.var_uint();
  return {.value = value, .end = reader.ok() ? reader.position() : nullptr};
}

[[gnu::always_inline]] inline Number number_at(const std::uint8_t* at,
                                               const std::uint8_t* end) noexcept {
  const std::ptrdiff_t left = end - at;
  if (left >= 1 && at[0] < 0x80) return {.value = at[0], .end = at + 1};
  if (left >= 2 && at[1] < 0x80)
    return {.value = (at[0] & 0x7FU) | (std::uint64_t{at[1]} << 7U), .end = at + 2};
  if (left < std::ptrdiff_t{sizeof(std::uint32_t)}) [[unlikely]]
    return long_number(at, end);
  unsigned bytes = 0;
  const std::uint64_t value = groups_of_three(at, bytes);
  if (bytes == 0) [[unlikely]]
    return long_number(at, end);
  return {.value = value, .end = at + bytes};
}

// Where the columns begin: behind the feature flag, which is zero. The end if it is not.
const std::uint8_t* columns_of(ByteView update) noexcept {
  if (!update.empty() && update.front() == 0) [[likely]]
    return update.data() + 1;
  ByteReader reader{update};
  const bool is_known = reader.var_uint() == 0 && reader.ok();
  return is_known ? reader.position() : update.data() + update.size();
}

UpdateStart look_at_start_v1(ByteView update) noexcept {
  ByteReader reader{update};
  const bool has_structs = reader.var_uint() != 0;
  if (!has_structs && reader.ok()) {
    return {.kind = UpdateStart::Kind::Deletes, .first = {}, .deletes = reader.rest()};
  }
  if (reader.var_uint() == 0) return {};
  Id id;
  id.client = ClientId{reader.var_uint()};
  id.clock = reader.var_uint();
  const std::uint8_t info = reader.u8();
  if (!reader.ok() || kind_of(info) == BlockKind::Skip) return {};
  return {.kind = UpdateStart::Kind::Struct, .first = id, .deletes = {}};
}

UpdateStart look_at_start_v2(ByteView update) noexcept {
  const std::uint8_t* const end = update.data() + update.size();
  const std::uint8_t* at = columns_of(update);
  take_column(at, end);  // keys
  const ByteView clients = take_column(at, end);
  take_column(at, end);  // left clocks
  take_column(at, end);  // right clocks
  const ByteView infos = take_column(at, end);
  const ByteView strings = take_column(at, end);
  take_column(at, end);  // parents
  take_column(at, end);  // types
  take_column(at, end);  // lengths
  const Number sections = number_at(at, end);
  if (sections.end == nullptr) return {};
  if (sections.value == 0) {
    // Text that no struct has is checked all the same, by who reads all of the update.
    const bool has_text = strings.size() != 1 || *strings.data() != 0;
    if (has_text) return {};
    return {.kind = UpdateStart::Kind::Deletes, .first = {}, .deletes = {sections.end, end}};
  }
  const Number structs = number_at(sections.end, end);
  if (clients.empty() || infos.empty() || structs.end == nullptr || structs.value == 0) return {};
  if (kind_of(*infos.data()) == BlockKind::Skip) return {};
  // More columns follow, so there are eight bytes to be looked at.
  if (static_cast<std::size_t>(end - clients.data()) < sizeof(std::uint64_t)) return {};
  unsigned bytes = 0;
  const std::uint64_t client =
      magnitude_of(groups_of_word(load_low_first<std::uint64_t>(clients.data()), bytes));
  if (bytes == 0 || bytes > clients.size() || client > kMaxSafeInteger) return {};
  const Number clock = number_at(structs.end, end);
  if (clock.end == nullptr) return {};
  const Id id{.client = ClientId{client}, .clock = clock.value};
  return {.kind = UpdateStart::Kind::Struct, .first = id, .deletes = {}};
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

UpdateDecoderV2::UpdateDecoderV2(ByteView update)
    : UpdateDecoderV2(update, columns_of(update), update.data() + update.size()) {}

// Every column is made in its place: copying readers that were just written costs more than the
// rest of this.
UpdateDecoderV2::UpdateDecoderV2(ByteView update, const std::uint8_t* at, const std::uint8_t* end)
    : source_(update),
      key_clock_(take_column(at, end), source_),
      client_(take_column(at, end), source_),
      left_clock_(take_column(at, end), source_),
      right_clock_(take_column(at, end), source_),
      info_(take_column(at, end), source_),
      string_(take_column(at, end), source_),
      parent_info_(take_column(at, end), source_),
      type_ref_(take_column(at, end), source_),
      len_(take_column(at, end), source_),
      rest_({at, end}, update.data(), source_.failed()) {
  if (at == end) [[unlikely]]
    find_header_error(update);
  constexpr std::uint64_t kStructsFree = std::uint64_t{1} << 18U;
  constexpr std::uint64_t kStructsPerByte = 64;
  structs_max_ = kStructsFree + (update.size() * kStructsPerByte);
}

// Reads the header again where nothing was left behind it.
void UpdateDecoderV2::find_header_error(ByteView update) noexcept {
  rest_ = ByteReader{update, update.data(), source_.failed()};
  if (rest_.var_uint() != 0) rest_.set_error_at("feature flag is not zero", update.data());
  constexpr int kColumns = 9;
  for (int i = 0; i < kColumns; ++i) rest_.var_bytes();
}

Error UpdateDecoderV2::error() const {
  if (!rest_.ok()) return rest_.error(kName);
  const std::array<std::pair<const char*, const void*>, 10> columns{{
      {"update (V2), strings", &string_},
      {"update (V2), keys", &key_clock_},
      {"update (V2), clients", &client_},
      {"update (V2), left clocks", &left_clock_},
      {"update (V2), right clocks", &right_clock_},
      {"update (V2), infos", &info_},
      {"update (V2), string lengths", &string_.lengths()},
      {"update (V2), parents", &parent_info_},
      {"update (V2), types", &type_ref_},
      {"update (V2), lengths", &len_},
  }};
  for (const auto& [doing, column] : columns) {
    if (column == source_.failed_column()) return source_.error(doing);
  }
  return rest_.error(kName);
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
    if (ok() && !is_json_or_undefined(text)) string_.lengths().set_error("value is not JSON");
    writer.var_string(text);
  }
  assembled_.push_back(writer.to_bytes());
  return assembled_.back();
}

UpdateStart look_at_start(ByteView update, UpdateFormat format) noexcept {
  return format == UpdateFormat::V1 ? look_at_start_v1(update) : look_at_start_v2(update);
}

}  // namespace ycpp
