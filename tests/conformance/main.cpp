// Replays histories of generate.mjs: conformance_replay [--keep-going N] FILE|-
//
// Prints what was compared and what was not; ends with 1 at a difference, and prints the seed.
#include "frames.h"
#include "operations.h"
#include "replay.h"
#include "ycpp/encoding/byte_reader.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

namespace {

using ycpp::Any;
using ycpp::conformance::Counts;
using ycpp::conformance::Mismatch;

struct Options {
  std::size_t keep_going{1};  // differences after which it stops
  std::string file;
};

void print(const Any& history, const Mismatch& mismatch) {
  const auto seed = ycpp::conformance::number_field(history, "seed");
  const Any& step = ycpp::conformance::array_field(history, "steps")[mismatch.step];
  std::printf(
      "seed %s (%s), step %zu (%s): %s\n  Yjs:  %s\n  ycpp: %s\n  again: "
      "tests/conformance/run.sh 1 %s\n",
      std::to_string(seed).c_str(), ycpp::conformance::string_field(history, "profile").c_str(),
      mismatch.step, ycpp::conformance::string_field(step, "do").c_str(), mismatch.what.c_str(),
      mismatch.expected.c_str(), mismatch.actual.c_str(), std::to_string(seed).c_str());
}

int replay_all(std::istream& input, const Options& options) {
  Counts counts;
  std::map<std::string, std::size_t> differences;
  std::size_t found = 0;
  runnel::Bytes frame;
  while (ycpp::conformance::read_frame(input, frame)) {
    ycpp::ByteReader reader(frame);
    const Any history = ycpp::read_any(reader);
    if (!reader.ok()) {
      std::printf("a history cannot be read: %s\n",
                  runnel::to_string(reader.error("history")).c_str());
      return EXIT_FAILURE;
    }
    const auto mismatch = ycpp::conformance::Replay(history, counts).run();
    if (!mismatch.has_value()) continue;
    ++differences[mismatch->what];
    if (found++ < options.keep_going) print(history, *mismatch);
    if (options.keep_going == 1) break;
  }
  std::printf("%zu histories, %zu equal, %zu comparisons\n", counts.histories, counts.equal,
              counts.comparisons);
  std::printf(
      "exempt: %zu replicas for which Yjs left structs pending, %zu in which an item met garbage "
      "while both waited (%zu comparisons of both); %zu merges of items with garbage\n",
      counts.stuck_replicas, counts.tied_replicas, counts.exempt_comparisons, counts.tied_merges);
  for (const auto& [what, count] : differences) {
    std::printf("  different: %s: %zu\n", what.c_str(), count);
  }
  return found == 0 && counts.histories > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--keep-going" && i + 1 < argc) {
      options.keep_going = std::strtoul(argv[++i], nullptr, 10);
    } else {
      options.file = argument;
    }
  }
  if (options.file == "-") return replay_all(std::cin, options);
  std::ifstream input(options.file, std::ios::binary);
  if (!input) {
    std::fputs("usage: conformance_replay [--keep-going N] FILE|-\n", stderr);
    return EXIT_FAILURE;
  }
  return replay_all(input, options);
}
