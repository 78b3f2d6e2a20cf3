// The figures are those of lib0 0.2.120.
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/testing/hex.h"
#include "ycpp/encoding/utf.h"
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace ycpp {
namespace {

using testing::from_hex;
using testing::to_hex;

struct UintVector {
  std::uint64_t value;
  const char* hex;
};

constexpr UintVector kVarUints[] = {
    {0, "00"},
    {1, "01"},
    {127, "7f"},
    {128, "8001"},
    {255, "ff01"},
    {16383, "ff7f"},
    {16384, "808001"},
    {2147483648, "8080808008"},
    {4294967296, "8080808010"},
    {9007199254740991, "ffffffffffffff0f"},
};

TEST(VarUint, matches_the_vectors_of_lib0) {
  for (const UintVector& vector : kVarUints) {
    ByteWriter writer;
    writer.var_uint(vector.value);
    EXPECT_EQ(to_hex(writer.view()), vector.hex);
    const Bytes bytes = from_hex(vector.hex);
    ByteReader reader{bytes};
    EXPECT_EQ(reader.var_uint(), vector.value);
    EXPECT_TRUE(reader.ok() && reader.at_end());
  }
}

TEST(VarUint, over_long_forms_are_read_and_what_no_client_can_hold_is_not) {
  const Bytes longer = from_hex("8180808080808080808080808000");
  ByteReader reader{longer};
  EXPECT_EQ(reader.var_uint(), 1U);
  EXPECT_TRUE(reader.ok());
  for (const char* hex : {"8080808080808010", "ffffffffffffffff01", "808080808080808080808001",
                          "80", "ff", "", "ffffffffffffff1f"}) {
    const Bytes bytes = from_hex(hex);
    ByteReader refused{bytes};
    refused.var_uint();
    EXPECT_FALSE(refused.ok()) << hex;
    EXPECT_EQ(refused.error("test").byte, 0U);
  }
}

struct IntVector {
  std::uint64_t magnitude;
  bool negative;
  const char* hex;
};

constexpr IntVector kVarInts[] = {
    {0, false, "00"},
    {0, true, "40"},
    {1, false, "01"},
    {1, true, "41"},
    {63, false, "3f"},
    {64, false, "8001"},
    {63, true, "7f"},
    {64, true, "c001"},
    {127, false, "bf01"},
    {128, true, "c002"},
    {8191, false, "bf7f"},
    {8192, false, "808001"},
    {8192, true, "c08001"},
    {2147483647, false, "bfffffff0f"},
    {2147483648, true, "c080808010"},
    {9007199254740991, false, "bfffffffffffff1f"},
};

// Few bytes are taken one way, many another.
TEST(VarUint, is_the_same_however_many_bytes_follow_it) {
  for (unsigned bits = 0; bits < 53; ++bits) {
    const std::uint64_t number = (std::uint64_t{1} << bits) | (bits * 5);
    ByteWriter writer;
    writer.var_uint(number);
    for (std::size_t more = 0; more < 10; ++more) {
      Bytes bytes = writer.to_bytes();
      const std::size_t size = bytes.size();
      bytes.resize(size + more, 0xFF);
      ByteReader reader{bytes};
      EXPECT_EQ(reader.var_uint(), number);
      EXPECT_EQ(reader.offset(), size);
      ByteReader with_sign{bytes};
      const VarInt read = with_sign.var_int();
      EXPECT_EQ(signed_groups(read.magnitude, read.negative), number);
      EXPECT_EQ(with_sign.offset(), size);
      ByteReader cut{ByteView{bytes}.first(size - 1)};
      EXPECT_EQ(cut.var_uint(), 0U);
      EXPECT_FALSE(cut.ok());
    }
  }
}

TEST(VarInt, matches_the_vectors_of_lib0) {
  for (const IntVector& vector : kVarInts) {
    ByteWriter writer;
    writer.var_int(vector.magnitude, vector.negative);
    EXPECT_EQ(to_hex(writer.view()), vector.hex);
    const Bytes bytes = from_hex(vector.hex);
    ByteReader reader{bytes};
    const VarInt read = reader.var_int();
    EXPECT_EQ(read.magnitude, vector.magnitude);
    EXPECT_EQ(read.negative, vector.negative);
    EXPECT_TRUE(reader.ok() && reader.at_end());
  }
}

TEST(VarString, matches_the_vectors_of_lib0) {
  const std::vector<std::pair<std::string, std::string>> vectors{
      {"", "00"},
      {"a", "0161"},
      {"\xC3\xA9", "02c3a9"},
      {"\xF0\x9F\x98\x80", "04f09f9880"},
      {std::string("a\0b", 3), "03610062"}};
  for (const auto& [text, hex] : vectors) {
    ByteWriter writer;
    writer.var_string(text);
    EXPECT_EQ(to_hex(writer.view()), hex);
    const Bytes bytes = from_hex(hex);
    ByteReader reader{bytes};
    EXPECT_EQ(reader.var_string(), text);
  }
  ByteWriter half;
  half.var_string(to_well_formed("\xED\xA0\xBD"));
  EXPECT_EQ(to_hex(half.view()), "03efbfbd");
}

TEST(VarString, anything_but_utf8_is_refused_with_its_byte) {
  const std::vector<std::pair<const char*, std::size_t>> vectors{{"02 61 ff", 2},
                                                                 {"03 eda0bd", 1},
                                                                 {"02 c080", 1},
                                                                 {"04 f4908080", 1},
                                                                 {"02 e282", 1},
                                                                 {"01 80", 1},
                                                                 {"09 6161616161616161 c3", 9},
                                                                 {"03 e08080", 1}};
  for (const auto& [hex, byte] : vectors) {
    const Bytes bytes = from_hex(hex);
    ByteReader reader{bytes};
    reader.var_string();
    ASSERT_FALSE(reader.ok()) << hex;
    EXPECT_EQ(reader.error("test").byte, byte) << hex;
  }
}

TEST(ByteReader, keeps_the_first_failure_and_returns_nothing_after_it) {
  const Bytes bytes = from_hex("05 6162");
  ByteReader reader{bytes};
  EXPECT_TRUE(reader.var_bytes().empty());
  EXPECT_EQ(reader.var_uint(), 0U);
  EXPECT_EQ(reader.error("test"),
            (Error{Errc::Malformed, "test: length runs past the end of input", 1}));
}

TEST(Utf16, counts_and_cuts_as_javascript_does) {
  const std::string text = "a\xC3\xA9\xF0\x9F\x98\x80\xE2\x82\xAC";
  EXPECT_EQ(measure_utf8(text).utf16_length, 5U);
  EXPECT_EQ(utf16_length(text), 5U);
  EXPECT_EQ(slice_utf16(text, 0, 2), "a\xC3\xA9");
  EXPECT_EQ(slice_utf16(text, 0, 3), "a\xC3\xA9\xED\xA0\xBD");
  EXPECT_EQ(slice_utf16(text, 3, 5), "\xED\xB8\x80\xE2\x82\xAC");
  EXPECT_EQ(slice_utf16(text, 3, 4), "\xED\xB8\x80");
  EXPECT_EQ(slice_utf16(text, 2, 4), "\xF0\x9F\x98\x80");
  EXPECT_EQ(slice_utf16(text, 5, 9), "");
  EXPECT_EQ(slice_utf16(text, 4, 2), "");
}

TEST(Utf16, halves_that_meet_are_one_character_again) {
  std::string text = "a\xED\xA0\xBD";
  EXPECT_TRUE(has_lone_surrogate(text));
  EXPECT_EQ(utf16_length(text), 2U);
  append_wtf8(text, "\xED\xB8\x80!");
  EXPECT_EQ(text, "a\xF0\x9F\x98\x80!");
  EXPECT_FALSE(has_lone_surrogate(text));
  std::string wrong_way = "\xED\xB8\x80";
  append_wtf8(wrong_way, "\xED\xA0\xBD");
  EXPECT_EQ(to_well_formed(wrong_way), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Utf16, ordinary_text_with_the_same_lead_byte_is_no_half) {
  EXPECT_FALSE(has_lone_surrogate("\xED\x95\x9C"));
  EXPECT_EQ(to_well_formed("\xED\x95\x9C"), "\xED\x95\x9C");
}

TEST(Primitives, both_ways_of_writing_a_number_agree) {
  for (unsigned bit = 0; bit < 53; ++bit) {
    for (const std::uint64_t near : {0U, 1U, 2U, 0x55U}) {
      const std::uint64_t number = (std::uint64_t{1} << bit) + near - 1;
      std::array<std::uint8_t, kVarUintBytesMax> plain{};
      std::array<std::uint8_t, kVarUintBytesMax> irregular{};
      const Bytes a(plain.data(), put_var_uint(plain.data(), number));
      const Bytes b(irregular.data(), put_irregular(irregular.data(), number));
      ASSERT_EQ(a, b) << number;
      for (const bool negative : {false, true}) {
        ByteWriter writer;
        writer.var_uint(signed_groups(number, negative));
        ByteReader reader{writer.view()};
        const VarInt read = reader.var_int();
        ASSERT_EQ(read.magnitude, number);
        ASSERT_EQ(read.negative, negative);
      }
    }
  }
}

}  // namespace
}  // namespace ycpp
