// UpdateEncoderV1 and UpdateEncoderV2: the fields of structs, written in the order in which Yjs
// writes them, and write_struct(), which puts a whole struct from its parts. Bytes equal those of
// Yjs.
//
// Text is UTF-8 or holds halves of surrogate pairs (encoding/utf.h); a half becomes U+FFFD unless
// its other half stands beside it in the string column of V2.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/columns.h"
#include "ycpp/encoding/raw_struct.h"

#include <cstdint>
#include <string_view>

namespace ycpp {

class UpdateEncoderV1 {
 public:
  static constexpr UpdateFormat kFormat = UpdateFormat::V1;

  // Counts, first clocks and the delete set; in V1 everything.
  [[nodiscard]] ByteWriter& rest() noexcept { return rest_; }

  void write_client(ClientId client) { rest_.var_uint(client.value()); }

  void write_left_id(Id id) {
    rest_.var_uint(id.client.value());
    rest_.var_uint(id.clock);
  }

  void write_right_id(Id id) { write_left_id(id); }

  void write_info(std::uint8_t info) { rest_.u8(info); }

  void write_parent_is_root(bool is_root) { rest_.u8(is_root ? 1 : 0); }

  void write_type_ref(TypeKind type) { rest_.u8(static_cast<std::uint8_t>(type)); }

  void write_len(std::uint64_t length) { rest_.var_uint(length); }

  // `utf16_length` is that of `text`, which a caller mostly knows; when it equals the size in bytes
  // the text is ASCII.
  void write_string(std::string_view text, std::uint64_t utf16_length);

  void write_string(std::string_view text);

  void write_key(std::string_view key) { write_string(key); }

  // One value of an Embed or Format, given in either form, which must be well-formed.
  void write_json(ByteView value, ValueForm form);

  // `count` strings as RawContent has them, already in this form.
  void write_json_strings(ByteView strings, std::uint64_t count);

  // The whole update. Nothing may be written after it.
  [[nodiscard]] Bytes finish() { return rest_.to_bytes(); }

 private:
  ByteWriter rest_;
};

class UpdateEncoderV2 {
 public:
  static constexpr UpdateFormat kFormat = UpdateFormat::V2;

  [[nodiscard]] ByteWriter& rest() noexcept { return rest_; }

  void write_client(ClientId client) { client_.write(client.value()); }

  void write_left_id(Id id) {
    client_.write(id.client.value());
    left_clock_.write(id.clock);
  }

  void write_right_id(Id id) {
    client_.write(id.client.value());
    right_clock_.write(id.clock);
  }

  void write_info(std::uint8_t info) { info_.write(info); }

  void write_parent_is_root(bool is_root) { parent_info_.write(is_root ? 1 : 0); }

  void write_type_ref(TypeKind type) { type_ref_.write(static_cast<std::uint64_t>(type)); }

  void write_len(std::uint64_t length) { len_.write(length); }

  void write_string(std::string_view text, std::uint64_t utf16_length) {
    string_.write(text, utf16_length);
  }

  void write_string(std::string_view text);

  // The same for text that is known to be ASCII.
  void write_ascii(std::string_view text) { string_.write_ascii(text); }

  // Yjs's writer numbers every key anew and sends it, although its reader would reuse a number.
  void write_key(std::string_view key) {
    key_clock_.write(next_key_++);
    write_string(key);
  }

  void write_json(ByteView value, ValueForm form);
  void write_json_strings(ByteView strings, std::uint64_t count);

  [[nodiscard]] Bytes finish();

 private:
  ByteWriter rest_;
  IntDiffOptRleWriter key_clock_;
  UintOptRleWriter client_;
  IntDiffOptRleWriter left_clock_;
  IntDiffOptRleWriter right_clock_;
  RleByteWriter info_;
  StringWriter string_;
  RleByteWriter parent_info_;
  UintOptRleWriter type_ref_;
  UintOptRleWriter len_;
  std::uint64_t next_key_{0};
};

// The bytes of Any or Json content behind its first `offset` values.
[[nodiscard]] ByteView values_from(const RawContent& content, Clock offset);

// Writes content without its first `offset` units, which only Deleted, Json, String and Any may
// have. A String that is cut inside a surrogate pair starts with the half, as Yjs writes it.
template <class Encoder>
void write_content(Encoder& encoder, const RawContent& content, Clock offset);

// Writes a struct without its first `offset` units. With an offset the item's origin is the unit
// before it, so the parent is not written. kInfoParentSub is set where the caller set it: a
// document sets it for every map entry, what was only decoded keeps it where the key was on the
// wire.
template <class Encoder>
void write_struct(Encoder& encoder, const RawStruct& raw, Clock offset = 0);

// What the info byte of an item is after it went through Yjs's decoder, which knows of the key only
// where it is on the wire.
[[nodiscard]] constexpr std::uint8_t decoded_info(const RawStruct& raw) noexcept {
  const auto known = static_cast<std::uint8_t>(raw.info & ~kInfoParentSub);
  return raw.has_parent_sub ? static_cast<std::uint8_t>(known | kInfoParentSub) : known;
}

extern template void write_content(UpdateEncoderV1&, const RawContent&, Clock);
extern template void write_content(UpdateEncoderV2&, const RawContent&, Clock);
extern template void write_struct(UpdateEncoderV1&, const RawStruct&, Clock);
extern template void write_struct(UpdateEncoderV2&, const RawStruct&, Clock);

}  // namespace ycpp
