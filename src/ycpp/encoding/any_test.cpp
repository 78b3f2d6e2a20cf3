// The figures are those of lib0 0.2.120.
#include "ycpp/encoding/any.h"

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/testing/hex.h"
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace ycpp {
namespace {

using testing::from_hex;
using testing::to_hex;

std::string encode(const Any& value) {
  ByteWriter writer;
  write_any(writer, value);
  return to_hex(writer.view());
}

struct Vector {
  Any value;
  std::string hex;
};

std::vector<Vector> vectors() {
  const double infinity = std::numeric_limits<double>::infinity();
  return {
      {Undefined{}, "7f"},
      {Null{}, "7e"},
      {true, "78"},
      {false, "79"},
      {0, "7d00"},
      {-0.0, "7d40"},
      {1, "7d01"},
      {-1, "7d41"},
      {2147483647, "7dbfffffff0f"},
      {2147483648.0, "7c4f000000"},
      {-2147483648.0, "7ccf000000"},
      {0.5, "7c3f000000"},
      {0.1, "7b3fb999999999999a"},
      {std::numeric_limits<double>::quiet_NaN(), "7b7ff8000000000000"},
      {infinity, "7c7f800000"},
      {9007199254740992.0, "7c5a000000"},
      {1e300, "7b7e37e43c8800759c"},
      {BigInt{10}, "7a000000000000000a"},
      {BigInt{-1}, "7affffffffffffffff"},
      {"ab", "77026162"},
      {AnyArray{}, "7500"},
      {AnyArray{1, "a"}, "75027d01770161"},
      {AnyObject{}, "7600"},
      {AnyObject{{{"a", 1}, {"b", Undefined{}}}}, "760201617d0101627f"},
      {Bytes{1, 2}, "74020102"},
  };
}

TEST(Any, encodes_the_vectors_of_lib0) {
  for (const Vector& vector : vectors()) EXPECT_EQ(encode(vector.value), vector.hex);
}

TEST(Any, decodes_the_vectors_of_lib0) {
  for (const Vector& vector : vectors()) {
    const Bytes bytes = from_hex(vector.hex);
    ByteReader reader{bytes};
    const Any value = read_any(reader);
    EXPECT_TRUE(reader.ok() && reader.at_end()) << vector.hex;
    EXPECT_EQ(value, vector.value) << vector.hex;
    EXPECT_EQ(encode(value), vector.hex);
  }
}

TEST(Any, skipping_takes_what_reading_takes) {
  for (const Vector& vector : vectors()) {
    Bytes bytes = from_hex(vector.hex + "7e");
    ByteReader reader{bytes};
    EXPECT_EQ(to_hex(skip_any(reader)), vector.hex);
    EXPECT_EQ(reader.remaining(), 1U);
  }
}

TEST(Any, any_tag_is_accepted_for_any_number) {
  const Bytes bytes = from_hex("7b3ff0000000000000");
  ByteReader reader{bytes};
  EXPECT_EQ(encode(read_any(reader)), "7d01");
}

TEST(Any, lists_keys_in_the_order_of_javascript) {
  const AnyObject object{{{"b", 1}, {"10", 2}, {"a", 3}, {"9", 4}, {"b", 5}, {"01", 6}}};
  std::string keys;
  for (const auto& member : object.members()) keys += member.first + ' ';
  EXPECT_EQ(keys, "9 10 b a 01 ");
  EXPECT_EQ(*object.find("b"), Any{5});
  AnyObject set;
  for (const char* key : {"b", "10", "a", "9", "01"}) set.set(key, 0);
  keys.clear();
  for (const auto& member : set.members()) keys += member.first + ' ';
  EXPECT_EQ(keys, "9 10 b a 01 ");
}

TEST(Any, objects_are_equal_whatever_the_order_of_their_keys) {
  EXPECT_EQ((AnyObject{{{"a", 1}, {"b", 2}}}), (AnyObject{{{"b", 2}, {"a", 1}}}));
  EXPECT_NE((AnyObject{{{"a", 1}, {"b", 2}}}), (AnyObject{{{"b", 2}, {"c", 1}}}));
  EXPECT_NE((AnyObject{{{"a", 1}}}), (AnyObject{{{"a", 1}, {"b", 2}}}));
}

TEST(Any, halves_of_surrogate_pairs_become_replacement_characters) {
  EXPECT_EQ(encode("a\xED\xA0\xBD"), "770461efbfbd");
}

std::string nested(std::size_t depth) {
  std::string hex;
  for (std::size_t i = 0; i < depth; ++i) hex += "7501";
  return hex + "7e";
}

TEST(Any, nesting_is_bounded) {
  const Bytes deep = from_hex(nested(kAnyDepthMax));
  ByteReader reader{deep};
  ByteReader again{deep};
  EXPECT_EQ(read_any(reader), read_any(again));
  EXPECT_TRUE(reader.ok());
  reader = ByteReader{deep};
  EXPECT_EQ(skip_any(reader).size(), deep.size());

  const Bytes deeper = from_hex(nested(kAnyDepthMax + 1));
  reader = ByteReader{deeper};
  static_cast<void>(read_any(reader));
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.error("any").byte, 2 * kAnyDepthMax);
  reader = ByteReader{deeper};
  skip_any(reader);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.error("any").byte, 2 * kAnyDepthMax);
}

TEST(Any, what_is_cut_short_or_unknown_is_refused) {
  for (const char* hex :
       {"", "7d", "7c000000", "7b00", "7a00", "7702 61", "7501", "7601", "760161", "7402 01", "73",
        "80", "7701ff", "75ffffffffffffff0f", "7d80808080808080808001"}) {
    const Bytes bytes = from_hex(hex);
    ByteReader reading{bytes};
    static_cast<void>(read_any(reading));
    EXPECT_FALSE(reading.ok()) << hex;
    ByteReader skipping{bytes};
    skip_any(skipping);
    EXPECT_FALSE(skipping.ok()) << hex;
  }
}

}  // namespace
}  // namespace ycpp
