// Runs a fuzz target over the files of the folders it is given, for builds without libFuzzer. A
// folder without files is a failure: a test that runs nothing proves nothing.
#include "fuzz_target.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

int main(int count, char** arguments) {
  std::vector<std::filesystem::path> files;
  for (const char* folder : std::span(arguments, static_cast<std::size_t>(count)).subspan(1)) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  for (const auto& file : files) {
    std::ifstream stream{file, std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{stream}, {}};
    // An abort leaves the name of the file as the last line.
    std::printf("%s\n", file.filename().c_str());
    static_cast<void>(std::fflush(stdout));
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
