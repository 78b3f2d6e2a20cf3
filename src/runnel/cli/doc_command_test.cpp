#include "runnel/cli/doc_command.h"

#include "base/bytes.h"
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace runnel::cli {
namespace {

using namespace std::string_view_literals;
using ycpp::UpdateFormat;

// Written by Yjs 13.6.33: client 1 types "ab" into root "t" and deletes the "a".
constexpr std::string_view kV1 =
    "\x01\x02\x01\x00\x01\x01\x01t\x01\x84\x01\x00\x01"
    "b\x01\x01\x01\x00\x01"sv;
// The same client's "abc" without the delete.
constexpr std::string_view kLater =
    "\x01\x01\x01\x02\x84\x01\x01\x01"
    "c\x00"sv;

struct Outcome {
  int exit_code{0};
  std::string out;
  std::string err;
};

class DocCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() / (std::string("runnel_doc_") + test->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view content) const {
    const std::string path = (folder_ / name).string();
    std::ofstream{path, std::ios::binary}.write(content.data(),
                                                static_cast<std::streamsize>(content.size()));
    return path;
  }

  template <class Options>
  static Outcome run(int (*command)(const Options&, const DocStreams&), const Options& options,
                     std::string_view input = {}) {
    std::istringstream in{std::string(input)};
    std::ostringstream out;
    std::ostringstream err;
    const int code = command(options, {.in = in, .out = out, .err = err});
    return {.exit_code = code, .out = out.str(), .err = err.str()};
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(DocCommand, inspect_lists_structs_and_deletes) {
  const Outcome outcome = run(doc_inspect, DocInspect{.input = {.files = {write("a", kV1)}}});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "1:0+1 Deleted in root \"t\"\n1:1+1 String \"b\" after 1:0\ndeleted 1:0+1\n");
}

TEST_F(DocCommand, merge_takes_standard_input_and_both_formats) {
  const std::string later = write("later", kLater);
  const Outcome v2 =
      run(doc_convert, DocConvert{.input = {.files = {later}}, .output = {.to = UpdateFormat::V2}});
  ASSERT_EQ(v2.exit_code, 0) << v2.err;
  const DocMerge merge{.input = {.files = {"-", write("v2", v2.out)}}};
  const Outcome merged = run(doc_merge, merge, kV1);
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_EQ(merged.out,
            "\x01\x03\x01\x00\x01\x01\x01t\x01\x84\x01\x00\x01"
            "b\x84\x01\x01\x01"
            "c\x01\x01\x01\x00\x01"sv);
}

TEST_F(DocCommand, sv_and_diff_fit_together) {
  const std::string file = write("a", kV1);
  const Outcome vector = run(doc_state_vector, DocStateVector{.input = {.files = {file}}});
  EXPECT_EQ(vector.out, "\x01\x01\x02"sv);
  const DocDiff diff{.input = {.files = {file}}, .state_vector = write("sv", vector.out)};
  EXPECT_EQ(run(doc_diff, diff).out, "\x00\x01\x01\x01\x00\x01"sv);
}

TEST_F(DocCommand, apply_gives_the_full_state_of_a_document) {
  const DocApply apply{.input = {.files = {write("later", kLater), write("a", kV1)}}};
  const Outcome outcome = run(doc_apply, apply);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  // "b" and "c" have become one block.
  EXPECT_EQ(outcome.out,
            "\x01\x02\x01\x00\x01\x01\x01t\x01\x84\x01\x00\x02"
            "bc\x01\x01\x01\x00\x01"sv);
}

TEST_F(DocCommand, errors_are_one_line_with_the_file_and_the_byte) {
  const std::string broken = write("broken", kV1.substr(0, 12));
  const Outcome outcome = run(doc_inspect, DocInspect{.input = {.files = {broken}}});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_TRUE(outcome.out.empty());
  EXPECT_EQ(outcome.err,
            "runnel doc: " + broken + ": update (V1): unexpected end of input (at byte 12)\n");
  const Outcome missing = run(doc_inspect, DocInspect{.input = {.files = {"/nowhere/at/all"}}});
  EXPECT_EQ(missing.err, "runnel doc: /nowhere/at/all: cannot be opened\n");
  const Outcome forced =
      run(doc_inspect, DocInspect{.input = {.files = {write("a", kV1)}, .from = UpdateFormat::V2}});
  EXPECT_EQ(forced.exit_code, 1);
  EXPECT_NE(forced.err.find("feature flag is not zero (at byte 0)"), std::string::npos)
      << forced.err;
}

TEST_F(DocCommand, output_goes_to_a_file_where_one_is_named) {
  const std::string target = write("target", "");
  const Outcome outcome =
      run(doc_merge, DocMerge{.input = {.files = {write("a", kV1)}}, .output = {.file = target}});
  EXPECT_EQ(outcome.out, "");
  std::ifstream stream{target, std::ios::binary};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{stream}, {}}), kV1);
}

TEST_F(DocCommand, formats_and_roots_are_read_from_flags) {
  EXPECT_EQ(parse_update_format("v2"), UpdateFormat::V2);
  EXPECT_EQ(parse_update_format("V3"), std::nullopt);
  EXPECT_EQ(parse_doc_root("a=b=map")->name, "a=b");
  EXPECT_EQ(parse_doc_root("a=b=map")->kind, RootKind::Map);
  EXPECT_FALSE(parse_doc_root("a"));
  EXPECT_FALSE(parse_doc_root("a=list"));
}

}  // namespace
}  // namespace runnel::cli
