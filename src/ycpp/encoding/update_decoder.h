// UpdateDecoderV1 and UpdateDecoderV2: the fields of structs, read in the order in which Yjs reads
// them. What they have in common is what StructReader (encoding/struct_reader.h) is written
// against.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/columns.h"
#include "ycpp/encoding/raw_struct.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ycpp {

// Fields stand one after another.
class UpdateDecoderV1 {
 public:
  static constexpr UpdateFormat kFormat = UpdateFormat::V1;
  static constexpr std::string_view kName = "update (V1)";  // in errors
  static constexpr ValueForm kValueForm = ValueForm::Json;

  explicit UpdateDecoderV1(ByteView update) noexcept : rest_(update) {}

  [[nodiscard]] bool ok() const noexcept { return rest_.ok(); }

  [[nodiscard]] Error error() const { return rest_.error(kName); }

  // Counts, first clocks and the delete set; in V1 everything.
  [[nodiscard]] ByteReader& rest() noexcept { return rest_; }

  // Whether views that were handed out point into the decoder and not into the update.
  [[nodiscard]] bool owns_views() const noexcept { return false; }

  // How many structs an update of this size may hold: in V1 each takes its bytes.
  [[nodiscard]] std::uint64_t structs_max() const noexcept {
    return std::numeric_limits<std::uint64_t>::max();
  }

  ClientId read_client() noexcept { return ClientId{rest_.var_uint()}; }

  Id read_left_id() noexcept {
    const ClientId client = read_same_client();
    return {.client = client, .clock = rest_.var_uint()};
  }

  Id read_right_id() noexcept { return read_left_id(); }

  std::uint8_t read_info() noexcept { return rest_.u8(); }

  bool read_parent_is_root() noexcept { return rest_.var_uint() == 1; }

  std::uint64_t read_type_ref() noexcept { return rest_.var_uint(); }

  std::uint64_t read_len() noexcept { return rest_.var_uint(); }

  ColumnText read_string() noexcept {
    TextShape shape;
    const std::string_view text = rest_.var_string(shape);
    return {.text = text, .utf16_length = shape.utf16_length, .ascii = shape.ascii};
  }

  std::string_view read_key() noexcept { return rest_.var_string(); }

  // One value of an Embed or Format: JSON text, checked.
  ByteView read_json() noexcept;

  // `count` strings of JSON text or the word undefined, as they stand here, checked.
  ByteView read_json_strings(std::uint64_t count) noexcept;

 private:
  // Most ids are of the client of the id before, so its bytes are compared before they are decoded.
  ClientId read_same_client() noexcept {
    if (rest_.skip_word(client_word_)) [[likely]] {
      return client_;
    }
    const std::uint8_t* const start = rest_.position();
    client_ = ClientId{rest_.var_uint()};
    client_word_ = ByteReader::make_word({start, rest_.position()});
    return client_;
  }

  ByteReader rest_;
  ClientId client_;
  ByteReader::Word client_word_;
};

// Fields stand in nine columns and a rest. Neither copied nor moved: the columns report into it.
class UpdateDecoderV2 {
 public:
  static constexpr UpdateFormat kFormat = UpdateFormat::V2;
  static constexpr std::string_view kName = "update (V2)";  // in errors
  static constexpr ValueForm kValueForm = ValueForm::Any;

  explicit UpdateDecoderV2(ByteView update);

  UpdateDecoderV2(const UpdateDecoderV2&) = delete;
  UpdateDecoderV2& operator=(const UpdateDecoderV2&) = delete;
  UpdateDecoderV2(UpdateDecoderV2&&) = delete;
  UpdateDecoderV2& operator=(UpdateDecoderV2&&) = delete;
  ~UpdateDecoderV2() = default;

  [[nodiscard]] bool ok() const noexcept { return source_.ok(); }

  [[nodiscard]] Error error() const;

  [[nodiscard]] ByteReader& rest() noexcept { return rest_; }

  [[nodiscard]] bool owns_views() const noexcept {
    return !assembled_.empty() || string_.owns_views();
  }

  // Runs make structs that take no bytes at all, and writers make them: ten thousand empty maps
  // pushed into an array. The bound lets those pass, and keeps a few bytes from becoming 2^53
  // structs.
  [[nodiscard]] std::uint64_t structs_max() const noexcept { return structs_max_; }

  ClientId read_client() noexcept { return ClientId{client_.read()}; }

  Id read_left_id() noexcept {
    const ClientId client{client_.read()};
    return {.client = client, .clock = left_clock_.read()};
  }

  Id read_right_id() noexcept {
    const ClientId client{client_.read()};
    return {.client = client, .clock = right_clock_.read()};
  }

  std::uint8_t read_info() noexcept { return info_.read(); }

  bool read_parent_is_root() noexcept { return parent_info_.read() == 1; }

  std::uint64_t read_type_ref() noexcept { return type_ref_.read(); }

  std::uint64_t read_len() noexcept { return len_.read(); }

  ColumnText read_string() { return string_.read(); }

  std::string_view read_key();

  // One value of an Embed or Format: an any value, checked.
  ByteView read_json() noexcept;

  // `count` strings of the string column, checked and put together as V1 has them; a view into this
  // decoder.
  ByteView read_json_strings(std::uint64_t count);

 private:
  // The columns begin at `at`, the update ends at `end`.
  UpdateDecoderV2(ByteView update, const std::uint8_t* at, const std::uint8_t* end);

  void find_header_error(ByteView update) noexcept;

  // In front of the columns, which are in the order of the wire: each is made as it is met.
  ColumnSource source_;
  IntDiffOptRleReader key_clock_;
  UintOptRleReader client_;
  IntDiffOptRleReader left_clock_;
  IntDiffOptRleReader right_clock_;
  RleByteReader info_;
  StringReader string_;
  RleByteReader parent_info_;
  UintOptRleReader type_ref_;
  UintOptRleReader len_;
  ByteReader rest_;
  std::vector<std::string_view> keys_;
  std::list<Bytes> assembled_;  // takes no memory while it is empty, as a deque would
  std::uint64_t structs_max_{0};
};

// What a look at the beginning of an update tells, without reading the rest of it.
struct UpdateStart {
  enum class Kind : std::uint8_t {
    Struct,   // there are structs
    Deletes,  // there are none
    Unclear   // that takes more than a look: a Skip in front, bytes that are not an update
  };
  Kind kind{Kind::Unclear};
  Id first;          // Struct: where the first of them stands
  ByteView deletes;  // Deletes: what is left of the update, the delete set first
};

[[nodiscard]] UpdateStart look_at_start(ByteView update, UpdateFormat format) noexcept;

}  // namespace ycpp
