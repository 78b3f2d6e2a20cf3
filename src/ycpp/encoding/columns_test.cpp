// The figures are those of lib0 0.2.120.
#include "ycpp/encoding/columns.h"

#include "ycpp/encoding/testing/hex.h"
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ycpp {
namespace {

using testing::from_hex;
using testing::to_hex;
using Numbers = std::vector<std::uint64_t>;
using NumberVectors = std::vector<std::pair<Numbers, std::string>>;

template <class Writer, class Reader>
void check_numbers(const NumberVectors& vectors) {
  for (const auto& [numbers, hex] : vectors) {
    Writer writer;
    for (const std::uint64_t number : numbers) {
      writer.write(static_cast<decltype(std::declval<Reader>().read())>(number));
    }
    EXPECT_EQ(to_hex(writer.finish()), hex);
    const Bytes bytes = from_hex(hex);
    ColumnSource source{bytes};
    Reader reader{bytes, source};
    for (const std::uint64_t number : numbers) EXPECT_EQ(reader.read(), number) << hex;
    EXPECT_TRUE(source.ok() && reader.at_end());
  }
}

TEST(Columns, runs_of_equal_numbers_match_the_vectors_of_lib0) {
  check_numbers<UintOptRleWriter, UintOptRleReader>({{{}, ""},
                                                     {{0}, "00"},
                                                     {{0, 0}, "4000"},
                                                     {{0, 0, 0}, "4001"},
                                                     {{5}, "05"},
                                                     {{5, 5}, "4500"},
                                                     {{5, 5, 5, 7}, "450107"},
                                                     {{1, 2, 3, 4}, "01020304"},
                                                     {{3, 1, 1, 2}, "03410002"},
                                                     {{1, 1, 1, 2, 3, 4, 5, 6}, "41010203040506"},
                                                     {{10, 7, 4, 1}, "0a070401"},
                                                     {{70, 70}, "c60100"}});
}

TEST(Columns, runs_of_equal_differences_match_the_vectors_of_lib0) {
  check_numbers<IntDiffOptRleWriter, IntDiffOptRleReader>({{{}, ""},
                                                           {{0}, "00"},
                                                           {{0, 0}, "0100"},
                                                           {{0, 0, 0}, "0101"},
                                                           {{5}, "0a"},
                                                           {{5, 5}, "0a00"},
                                                           {{5, 5, 5, 7}, "0a010004"},
                                                           {{1, 2, 3, 4}, "0302"},
                                                           {{3, 1, 1, 2}, "06440002"},
                                                           {{1, 1, 1, 2, 3, 4, 5, 6}, "0201000303"},
                                                           {{10, 7, 4, 1}, "144501"},
                                                           {{70, 70}, "8c0200"}});
}

TEST(Columns, runs_of_equal_bytes_match_the_vectors_of_lib0) {
  check_numbers<RleByteWriter, RleByteReader>({{{}, ""},
                                               {{1}, "01"},
                                               {{1, 1, 1}, "01"},
                                               {{1, 1, 2}, "010102"},
                                               {{1, 2, 2, 3}, "0100020103"}});
}

Bytes finished(StringWriter& writer) {
  const StringWriter::Parts parts = writer.finish();
  ByteWriter out;
  out.var_string(parts.blob);
  out.bytes(parts.lengths);
  return out.to_bytes();
}

TEST(Columns, strings_match_the_vectors_of_lib0_also_where_a_pair_is_cut) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> vectors{
      {{}, "00"},
      {{"a"}, "016101"},
      {{"ab", "ab", "c"}, "056162616263420001"},
      {{"\xC3\xA9", "\xF0\x9F\x98\x80"}, "06c3a9f09f98800102"},
      {{"\xED\xA0\xBD", "\xED\xB8\x80"}, "04f09f98804100"}};
  for (const auto& [strings, hex] : vectors) {
    StringWriter writer;
    for (const std::string& text : strings) writer.write(text, utf16_length(text));
    EXPECT_EQ(to_hex(finished(writer)), hex);
    const Bytes bytes = from_hex(hex);
    ColumnSource source{bytes};
    StringReader reader{bytes, source};
    for (const std::string& text : strings) {
      const ColumnText read = reader.read();
      EXPECT_EQ(read.text, text);
      EXPECT_EQ(read.utf16_length, utf16_length(text));
    }
    EXPECT_TRUE(source.ok());
  }
}

TEST(Columns, a_half_that_stays_alone_becomes_a_replacement_character) {
  StringWriter writer;
  writer.write("\xED\xA0\xBD", 1);
  writer.write("a", 1);
  EXPECT_EQ(to_hex(finished(writer)), "04efbfbd614100");
}

TEST(Columns, values_outside_what_a_clock_can_hold_are_refused) {
  // A difference of -1 from zero, and one that adds up beyond 2^53 - 1.
  for (const char* hex : {"42", "bfffffffffffff1f 00"}) {
    const Bytes bytes = from_hex(hex);
    ColumnSource source{bytes};
    IntDiffOptRleReader reader{bytes, source};
    for (int i = 0; i < 3; ++i) reader.read();
    EXPECT_FALSE(source.ok()) << hex;
  }
}

TEST(Columns, reading_past_the_end_fails_and_only_a_run_of_bytes_has_none) {
  const Bytes one{7};
  ColumnSource source{one};
  UintOptRleReader numbers{one, source};
  numbers.read();
  EXPECT_TRUE(source.ok());
  numbers.read();
  EXPECT_EQ(source.failed_column(), &numbers);
  EXPECT_EQ(source.error("numbers").byte, 1U);
  ColumnSource source_of_bytes{one};
  RleByteReader bytes{one, source_of_bytes};
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(bytes.read(), 7);
  EXPECT_TRUE(source_of_bytes.ok());
  const Bytes short_blob = from_hex("01 61 02");
  ColumnSource source_of_strings{short_blob};
  StringReader strings{short_blob, source_of_strings};
  static_cast<void>(strings.read());
  EXPECT_EQ(source_of_strings.failed_column(), &strings.lengths());
}

TEST(Columns, a_number_ends_with_its_column_though_more_bytes_follow_it) {
  // Numbers of every length up to eight bytes at the end of a column, whole and one byte short.
  for (std::size_t length = 1; length <= 8; ++length) {
    Bytes update(length, 0x81);
    update[length - 1] = 1;
    update.resize(length + 16, 0x83);
    const ByteView column{update.data(), length};
    ColumnSource source{update};
    UintOptRleReader whole{column, source};
    ByteReader expected{column};
    EXPECT_EQ(whole.read(), expected.var_int().magnitude) << length;
    EXPECT_TRUE(source.ok() && whole.at_end()) << length;
    UintOptRleReader cut{column.first(length - 1), source};
    EXPECT_EQ(cut.read(), 0U) << length;
    EXPECT_EQ(source.failed_column(), &cut) << length;
  }
}

}  // namespace
}  // namespace ycpp
