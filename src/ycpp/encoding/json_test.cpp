#include "ycpp/encoding/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace ycpp {
namespace {

std::string number(double value) {
  std::string out;
  append_js_number(out, value);
  return out;
}

TEST(Json, numbers_are_written_as_javascript_writes_them) {
  const std::vector<std::pair<double, std::string>> vectors{
      {0, "0"},
      {-0.0, "0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {123456789012, "123456789012"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e21, "1e+21"},
      {1.5e300, "1.5e+300"},
      {0.1, "0.1"},
      {0.30000000000000004, "0.30000000000000004"},
      {0.000001, "0.000001"},
      {0.0000015, "0.0000015"},
      {1e-7, "1e-7"},
      {1.25e-7, "1.25e-7"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {9007199254740993.0, "9007199254740992"},
      {4294967296.5, "4294967296.5"},
      {0.5, "0.5"},
      {1.0 / 3, "0.3333333333333333"},
  };
  for (const auto& [value, text] : vectors) EXPECT_EQ(number(value), text);
}

TEST(Json, parses_and_writes_canonical_text_unchanged) {
  for (const char* text :
       {"null", "true", "false", "0", "-1", "1.5e+300", R"("")", R"("a\"\\\b\f\n\r\t\u0001/")",
        R"([])", R"({})", R"([1,[2,[3,null]],{"a":{"b":[]}}])", R"({"2":1,"b":"x","a":true})",
        "\"\xC3\xA9\xF0\x9F\x98\x80\xE2\x80\xA8\"", R"("\ud83d")", R"("\ude00\ud83d")"}) {
    const Result<Any> value = parse_json(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(to_json(*value), text);
    EXPECT_TRUE(is_json(text));
  }
}

TEST(Json, parses_what_is_not_canonical_as_javascript_does) {
  const std::vector<std::pair<std::string, std::string>> vectors{
      {" [ 1 , 2 ]\n", "[1,2]"},
      {R"({"b":1,"1":2,"b":3})", R"({"1":2,"b":3})"},
      {"-0", "0"},
      {"1E5", "100000"},
      {"1e400", "null"},
      {"1e-400", "0"},
      {"0.00000000000000000000000000000000001e-999999999999999999999999", "0"},
      {R"("\u00e9\ud83d\ude00\/")", "\"\xC3\xA9\xF0\x9F\x98\x80/\""},
      {"100000000000000000000000", "1e+23"}};
  for (const auto& [text, canonical] : vectors) {
    const Result<Any> value = parse_json(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(to_json(*value), canonical);
    EXPECT_TRUE(is_json(text)) << text;
  }
  EXPECT_TRUE(std::signbit(*parse_json("-0")->as_number()));
  EXPECT_EQ(*parse_json("-1e999")->as_number(), -std::numeric_limits<double>::infinity());
}

TEST(Json, refuses_what_json_is_not) {
  for (const char* text :
       {"",         " ",       "undefined",  "nul",   "01",        "1.",      ".5",
        "+1",       "-",       "1e",         "\"",    "\"\x01\"",  R"("\x")", R"("\u12g4")",
        R"("\u12)", "[",       "[1",         "[1,",   "[1,]",      "[,1]",    "{",
        "{\"a\"",   "{\"a\":", "{\"a\":1,}", "{a:1}", "{\"a\":1]", "[1}",     "1 2",
        "[]]",      "'a'",     "NaN"}) {
    EXPECT_FALSE(parse_json(text)) << text;
    EXPECT_FALSE(is_json(text)) << text;
  }
  EXPECT_FALSE(is_json(std::string_view("1\0", 2)));
  EXPECT_EQ(parse_json("[1,x]").error().byte, 3U);
}

TEST(Json, values_that_json_lacks_are_written_as_javascript_does) {
  EXPECT_EQ(to_json(AnyArray{Undefined{}, Null{}}), "[null,null]");
  EXPECT_EQ(to_json(AnyObject{{{"a", Undefined{}}, {"b", 1}}}), R"({"b":1})");
  EXPECT_EQ(to_json(AnyArray{std::numeric_limits<double>::infinity()}), "[null]");
  EXPECT_EQ(to_json(Bytes{7, 255}), R"({"0":7,"1":255})");
  EXPECT_EQ(to_json(BigInt{-12}), "-12");
  EXPECT_EQ(to_json(Undefined{}), "null");
}

TEST(Json, nesting_is_bounded) {
  const std::string deep = std::string(kAnyDepthMax, '[') + std::string(kAnyDepthMax, ']');
  EXPECT_TRUE(is_json(deep));
  EXPECT_TRUE(parse_json(deep));
  const std::string deeper = "[" + deep + "]";
  EXPECT_FALSE(is_json(deeper));
  EXPECT_FALSE(parse_json(deeper));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace ycpp
