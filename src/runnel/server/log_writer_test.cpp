#include "runnel/server/log_writer.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace runnel::server {
namespace {

constexpr std::int64_t kTime = 1'795'204'984'123;

TEST(LogWriterTest, a_text_line_has_time_level_sentence_and_fields) {
  EXPECT_EQ(
      render_text(
          {kTime, LogLevel::Warning, "an update was refused", {{"room", "doc-1"}, {"byte", 17}}}),
      "2026-11-20T20:03:04.123Z warning an update was refused room=doc-1 byte=17");
}

TEST(LogWriterTest, a_field_cannot_break_the_line_or_pretend_to_be_another) {
  EXPECT_EQ(render_text({kTime, LogLevel::Info, "x", {{"room", "a b\n2026 error=1"}}}),
            "2026-11-20T20:03:04.123Z info    x room=\"a b\\n2026 error=1\"");
}

TEST(LogWriterTest, a_json_line_is_valid_whatever_a_room_is_called) {
  for (const std::string name :
       {"plain", "quote\"back\\slash", "\x01\x02\n", "caf\xc3\xa9", "\xff\xfe not utf-8", ""}) {
    const std::string line = render_json({kTime, LogLevel::Info, "opened", {{"room", name}}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    boost::json::error_code error;
    const boost::json::value parsed = boost::json::parse(line, error);
    ASSERT_FALSE(error) << line;
    EXPECT_EQ(parsed.at("message").as_string(), "opened");
    EXPECT_TRUE(parsed.as_object().contains("room"));
  }
}

}  // namespace
}  // namespace runnel::server
