// Replays histories of generate.mjs: conformance_replay [--keep-going N] FILE|-
//
// Prints what was compared and what was not; ends with 1 at a difference, and prints the seed.
#include "operations.h"
#include "replay.h"

#include "ycpp/encoding/byte_reader.h"

#include <array>
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

bool read_frame(std::istream& input, runnel::Bytes& frame) {
  std::array<unsigned char, 4> header{};
  if (!input.read(reinterpret_cast<char*>(header.data()), header.size())) return false;
  std::size_t length = 0;
  for (std::size_t i = header.size(); i-- > 0;) length = length << 8U | header[i];
  frame.resize(length);
  return static_cast<bool>(
      input.read(reinterpret_cast<char*>(frame.data()), static_cast<std::streamsize>(length)));
}

void print(const Any& history, const Mismatch& mismatch) {
  const auto seed = ycpp::conformance::number_field(history, "seed");
  const Any& step = ycpp::conformance::array_field(history, "steps")[mismatch.step];
  const auto& name = ycpp::conformance::string_field(step, "do");
  std::cout << "seed " << seed << " ("
            << ycpp::conformance::string_field(history, "profile") << "), step " << mismatch.step
            << " (" << name << "): " << mismatch.what << "\n  Yjs:  " << mismatch.expected
            << "\n  ycpp: " << mismatch.actual << "\n  again: tests/conformance/run.sh 1 " << seed
            << "\n";
}

int replay_all(std::istream& input, const Options& options) {
  Counts counts;
  std::map<std::string, std::size_t> differences;
  std::size_t found = 0;
  runnel::Bytes frame;
  while (read_frame(input, frame)) {
    ycpp::ByteReader reader(frame);
    const Any history = ycpp::read_any(reader);
    if (!reader.ok()) {
      std::cout << "a history cannot be read: " << runnel::to_string(reader.error("history"))
                << "\n";
      return EXIT_FAILURE;
    }
    const auto mismatch = ycpp::conformance::Replay(history, counts).run();
    if (!mismatch.has_value()) continue;
    ++differences[mismatch->what];
    if (found++ < options.keep_going) print(history, *mismatch);
    if (options.keep_going == 1) break;
  }
  std::cout << counts.histories << " histories, " << counts.equal << " equal, "
            << counts.comparisons << " comparisons; exempt: " << counts.stuck_histories
            << " histories with structs that Yjs left pending (" << counts.stuck_comparisons
            << " comparisons)\n";
  for (const auto& [what, count] : differences) {
    std::cout << "  different: " << what << ": " << count << "\n";
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
    std::cerr << "usage: conformance_replay [--keep-going N] FILE|-\n";
    return EXIT_FAILURE;
  }
  return replay_all(input, options);
}
